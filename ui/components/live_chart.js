// data: bytes of {figure, config, library}. The chart is made once and then only given new data,
// so zoom, hidden curves and the hover label outlive a refresh (layout.uirevision). A chart that
// nobody sees, below the fold or in a tab behind, waits with its new data: drawing takes the
// training's cores.
import { received } from "./dom.js";

function library(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.labPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.labPlotly = undefined;
      script.remove();
      reject(new Error("the charts' library did not load"));
    };
    document.head.append(script);
  });
  return window.labPlotly;
}

// Streamlit's theme, light or dark, as Plotly's layout words it.
function themed(layout, box) {
  const style = getComputedStyle(box);
  const take = (name, other) => style.getPropertyValue(`--st-${name}`).trim() || other;
  const text = take("text-color", style.color);
  const font = { family: take("font", style.fontFamily), color: text, size: 12, ...layout.font };
  const solid = (colour) => {
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = colour;
    return probe.fillStyle;
  };
  const muted = { color: solid(take("gray-color", text)) };
  const result = {
    ...layout,
    font,
    template: {},
    autosize: true,
    hoverlabel: {
      ...layout.hoverlabel,
      bgcolor: take("secondary-background-color", "#fff"),
      bordercolor: take("border-color", "#ccc"),
      font: { ...font, size: 13 },
    },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: muted.color, activecolor: text },
  };
  for (const name of Object.keys(layout)) {
    if (!/^[xy]axis\d*$/.test(name)) continue;
    const axis = layout[name];
    result[name] = { ...axis, tickfont: { ...muted, ...axis.tickfont } };
    if (axis.title) result[name].title = { ...axis.title, font: { ...muted, size: 12 } };
  }
  return result;
}

function draw(Plotly, box) {
  if (!box.isConnected || !box.clientWidth) return;
  const { figure, config } = box.wanted;
  box.drawn = box.wanted;
  const options = { responsive: false, displaylogo: false, ...config };
  Plotly.react(box, figure.data, themed(figure.layout, box), options);
}

function watchSize(Plotly, box) {
  if (box.observer) return;
  let width = box.clientWidth;
  box.observer = new ResizeObserver(() => {
    if (!box.isConnected) { box.observer.disconnect(); Plotly.purge(box); return; }
    if (box.clientWidth === width) return;
    const first = !width;
    width = box.clientWidth;
    if (first || !box._fullLayout) draw(Plotly, box);
    else if (width) Plotly.Plots.resize(box);
  });
  box.observer.observe(box);
}

function isSeen(box) {
  return box.inView !== false && !document.hidden;
}

// The first picture is always drawn; later ones when they are seen.
function drawWhenSeen(Plotly, box) {
  if (isSeen(box) || !box._fullLayout) draw(Plotly, box);
  if (box.viewObserver) return;
  const catchUp = () => {
    if (isSeen(box) && box.drawn !== box.wanted) draw(Plotly, box);
  };
  box.viewObserver = new IntersectionObserver((entries) => {
    box.inView = entries.at(-1).isIntersecting;
    if (!box.isConnected) {
      box.viewObserver.disconnect();
      document.removeEventListener("visibilitychange", catchUp);
    } else catchUp();
  });
  box.viewObserver.observe(box);
  document.addEventListener("visibilitychange", catchUp);
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".lab-live-chart");
  box.wanted = received(data);
  box.style.height = `${box.wanted.figure.layout.height}px`;
  library(box.wanted.library)
    .then((Plotly) => { drawWhenSeen(Plotly, box); watchSize(Plotly, box); })
    .catch((error) => { box.textContent = `This chart cannot be drawn: ${error.message}.`; });
}
