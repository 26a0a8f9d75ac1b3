/** Width of the small pictures of a storyboard. */
export const tileWidth = 160;

/** Size of a picture; 0 where nobody knows. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Height of a picture that is scaled to this width, even as encoders want it. */
export function heightAt(width: number, size: PictureSize): number {
  return Math.max(2, Math.round((width * (size.height || 9)) / (size.width || 16) / 2) * 2);
}

/** Height of the small pictures of a storyboard. */
export function heightOfTile(size: PictureSize): number {
  return heightAt(tileWidth, size);
}
