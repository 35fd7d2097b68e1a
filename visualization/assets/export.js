// Taking a chart away: its numbers as CSV, its picture as SVG or PNG with the colours of the theme on show.

const KEPT_STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-opacity", "opacity",
  "font-size", "font-family", "font-weight", "text-anchor", "dominant-baseline", "paint-order", "display", "visibility",
];

// Rows of cells as CSV after RFC 4180; numbers with all their digits, nothing for what is unknown.
export function csvText(header, rows) {
  const cell = (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "";
    const text = typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export function saveFile(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

// Text of a picture that stands alone: styles written into each element, ground and heading drawn.
export function standaloneSvg(picture, heading) {
  const box = picture.getBoundingClientRect();
  const [width, height, top] = [Math.ceil(box.width), Math.ceil(box.height), 46];
  const copy = picture.cloneNode(true);
  const originals = [picture, ...picture.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, place) => {
    const style = getComputedStyle(originals[place]);
    for (const name of KEPT_STYLES) element.style.setProperty(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role"]) element.removeAttribute(name);
  });
  const view = getComputedStyle(picture.closest(".cc"));
  const [ink, ground] = [view.getPropertyValue("--cc-ink").trim(), view.getPropertyValue("--cc-ground").trim()];
  copy.setAttribute("y", top);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
  const font = `font-family="sans-serif" fill="${ink}"`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + top}">` +
    `<rect width="100%" height="100%" fill="${ground}"/>` +
    `<text x="8" y="20" font-size="15" font-weight="600" ${font}>${escaped(heading.title)}</text>` +
    `<text x="8" y="38" font-size="12" ${font}>${escaped(heading.detail)}</text>` +
    new XMLSerializer().serializeToString(copy) +
    "</svg>"
  );
}

export async function pngOf(text, scale = 2) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width * scale, image.height * scale];
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.drawImage(image, 0, 0);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}
