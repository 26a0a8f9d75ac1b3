import { sparklineBox, type SparklinePaths } from './sparkline-paths.ts';

const svg = 'http://www.w3.org/2000/svg';

/** The element; call `update` with new values. `label` names it for screen readers. */
export function sparkline(label: string): {
  readonly element: SVGSVGElement;
  update(paths: SparklinePaths): void;
} {
  const element = document.createElementNS(svg, 'svg');
  element.setAttribute('class', 'sparkline');
  element.setAttribute('viewBox', `0 0 ${sparklineBox.width} ${sparklineBox.height}`);
  element.setAttribute('preserveAspectRatio', 'none');
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', label);
  const area = document.createElementNS(svg, 'path');
  area.setAttribute('class', 'area');
  const line = document.createElementNS(svg, 'path');
  line.setAttribute('class', 'line');
  element.append(area, line);
  return {
    element,
    update(paths) {
      area.setAttribute('d', paths.area);
      line.setAttribute('d', paths.line);
    },
  };
}
