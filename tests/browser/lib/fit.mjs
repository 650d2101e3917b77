// Whether a page fits its window.

/** The widths of a desk and of a telephone. */
export const WIDTHS = [1440, 390];

/** By how many pixels the page that is open is wider than its window. */
export const sticksOut = (page) => page.evaluate(() => Math.max(0, document.scrollingElement.scrollWidth - window.innerWidth));
