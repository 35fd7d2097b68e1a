// Brings data to the views of a group and shows nothing, unless the data cannot be read.

import { mountView } from "./view.js";

export function render(context) {
  return mountView(context, () => ({}));
}
