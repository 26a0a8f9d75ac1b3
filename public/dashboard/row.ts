/** One cell of a table; `hot` is what an operator should look at. */
export type Cell = string | { readonly text: string; readonly hot: boolean };
/** The cells of one row, in the order of the headings. */
export type Row = readonly Cell[];
