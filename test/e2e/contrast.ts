import type { Page } from 'playwright-core';

type Rgb = readonly [red: number, green: number, blue: number];

export interface ColoredText {
  readonly text: string;
  readonly color: Rgb;
  /** What is painted behind the text. */
  readonly ground: Rgb;
}

/** Every visible piece of text of a page, with its colours as they are painted. */
export async function coloredTexts(page: Page): Promise<ColoredText[]> {
  return page.evaluate<ColoredText[]>(COLORED_TEXTS);
}

/** WCAG 2.2 "contrast ratio": 1 to 21. */
export function contrastRatio({ color, ground }: ColoredText): number {
  const [dark = 0, light = 0] = [luminance(color), luminance(ground)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG 2.2 "relative luminance": 0 for black, 1 for white. */
export function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// Runs in the page. A canvas turns any notation of a colour into bytes, and lays them over each other.
const COLORED_TEXTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const paint = (colors) => {
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const grounds = (element) => {
    const own = getComputedStyle(element).backgroundColor;
    return element.parentElement ? [...grounds(element.parentElement), own] : [canvasColor, own];
  };
  const canvasColor = matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#ffffff';

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (data.trim() === '' || !parentElement.checkVisibility()) continue;
    const behind = grounds(parentElement);
    const color = getComputedStyle(parentElement).color;
    found.push({ text: data.trim(), color: paint([...behind, color]), ground: paint(behind) });
  }
  return found;
})()`;
