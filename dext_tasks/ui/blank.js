// Whether a page shows nothing: no text, no picture, nothing to click, shadow trees included.
() => {
  const SHOWN = "img, picture, canvas, svg, video, audio, input, textarea, select, button, progress, iframe, object, embed";

  const visible = (element) =>
    !element.checkVisibility || element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const sized = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1;
  };

  function shows(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (node.data.trim() && visible(node.parentElement ?? node.getRootNode().host)) return true;
      } else if (node.shadowRoot && shows(node.shadowRoot)) return true;
      else if (node.matches(SHOWN) && visible(node) && sized(node)) return true;
    }
    return false;
  }

  return !document.body || !shows(document.body);
}
