// As much of a document as the shared helpers ask for: what they built can be read as text.
class Node {
  constructor(text) { this.text = text; }
  get textContent() { return this.text; }
  toString() { return this.text.replaceAll("<", "&lt;"); }
}

class Element {
  constructor(tag) { Object.assign(this, { tag, attributes: {}, childNodes: [] }); }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  set type(value) { this.attributes.type = value; }
  append(...children) {
    for (const child of children) {
      const node = child instanceof Element || child instanceof Node ? child : new Node(String(child));
      node.parentNode = this;
      this.childNodes.push(node);
    }
  }
  get textContent() { return this.childNodes.map((one) => one.textContent).join(""); }
  // As HTML would write it.
  toString() {
    const attributes = Object.entries(this.attributes).map(([name, value]) => ` ${name}="${value}"`);
    return `<${this.tag}${attributes.join("")}>${this.childNodes.join("")}</${this.tag}>`;
  }
}

globalThis.document = {
  createElement: (tag) => new Element(tag),
  createElementNS: (space, tag) => new Element(space.endsWith("/svg") ? `svg:${tag}` : tag),
  createTextNode: (text) => new Node(text),
};
