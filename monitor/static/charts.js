// The open position as candles with its levels and windows, and the equity curve.

import {
  BaselineSeries, CandlestickSeries, LineStyle, createChart, createSeriesMarkers,
} from "./vendor/lightweight-charts.js";
import { h, morph, percent, sol, words } from "./dom.js";

const CANDLE_PX = 5;
const $ = (id) => document.getElementById(id);
const seconds = (iso) => Date.parse(iso) / 1000;
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const hhmm = (s) => new Date(s * 1000).toISOString().slice(11, 16);
const hhmmss = (s) => new Date(s * 1000).toISOString().slice(11, 19);

function looks() {
  return {
    layout: {
      background: { color: "transparent" }, textColor: color("quiet"), fontSize: 11,
      fontFamily: "Inter, system-ui, sans-serif",
      attributionLogo: false, // it would write a style element, which the policy forbids; the footer names the source
    },
    grid: { vertLines: { color: color("grid") }, horzLines: { color: color("grid") } },
    rightPriceScale: { borderVisible: false },
    timeScale: { borderVisible: false, timeVisible: true, secondsVisible: false },
  };
}

/** Bands of the time windows and lines of the time exits, under the candles. */
class Windows {
  constructor(chart) {
    this.chart = chart;
    this.bands = [];
    this.lines = [];
  }

  attached({ requestUpdate }) {
    this.update = requestUpdate;
  }

  show(bands, lines) {
    this.bands = bands;
    this.lines = lines;
    this.update?.();
  }

  paneViews() {
    return [{ zOrder: () => "bottom", renderer: () => ({ draw: (target) => this.draw(target) }) }];
  }

  draw(target) {
    const scale = this.chart.timeScale();
    const x = (index) => scale.logicalToCoordinate(index);
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.font = "600 10px Inter, sans-serif";
      context.textBaseline = "top";
      for (const band of this.bands) {
        const from = x(band.from);
        const to = x(band.to);
        if (from === null || to === null) continue;
        context.fillStyle = color(band.window);
        context.fillRect(from, 0, to - from, mediaSize.height);
        const text = band.window.toUpperCase();
        if (context.measureText(text).width + 8 < to - from) {
          context.fillStyle = color("quiet");
          context.fillText(text, from + 5, 5);
        }
      }
      context.strokeStyle = color("quiet");
      context.setLineDash([2, 4]);
      context.lineWidth = 0.7;
      for (const index of this.lines) {
        const at = x(index);
        if (at === null) continue;
        context.beginPath();
        context.moveTo(at, 18);
        context.lineTo(at, mediaSize.height);
        context.stroke();
      }
    });
  }
}

/** Lightweight Charts wants whole, rising seconds; market time may run in parts of them. Here a place is a candle. */
class PositionChart {
  constructor(element) {
    this.element = element;
    this.chart = createChart(element, { autoSize: true, ...looks(), crosshair: { mode: 0 }, handleScroll: false, handleScale: false });
    this.series = this.chart.addSeries(CandlestickSeries, { borderVisible: false, priceLineVisible: false });
    this.windows = new Windows(this.chart);
    this.series.attachPrimitive(this.windows);
    this.markers = createSeriesMarkers(this.series, []);
    this.lines = [];
    this.scheme();
  }

  scheme() {
    this.chart.applyOptions(looks());
    const [up, down] = [color("good"), color("bad")];
    this.series.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    if (this.shown) this.show(this.shown);
  }

  show(topic) {
    this.shown = topic;
    const from = seconds(topic.from);
    const ends = seconds(topic.expires_at);
    const until = Math.min(visibleEnd(topic), ends);
    const periods = Math.ceil((until - from) / topic.period_s);
    const factor = Math.max(1, Math.ceil((periods * CANDLE_PX) / (this.element.clientWidth || 600)));
    const step = topic.period_s * factor;
    const place = (iso) => Math.floor((seconds(iso) - from) / step);
    this.from = from;
    this.step = step;
    const candles = merged(topic.candles, factor);
    const shown = Math.max(Math.ceil(periods / factor), (candles.at(-1)?.place ?? 0) + 1, place(topic.at) + 1);
    const count = Math.max(shown, place(topic.expires_at) + 1);
    const byPlace = new Map(candles.map((one) => [one.place, one]));
    const data = Array.from({ length: count }, (_, time) => {
      const one = byPlace.get(time);
      return one ? { time, open: one.open, high: one.high, low: one.low, close: one.close } : { time };
    });
    const cost = topic.average_cost_lamports;
    const open = topic.levels.filter((level) => level.price_lamports !== null);
    const next = open.find((level) => !level.done);
    this.series.applyOptions({
      priceFormat: { type: "custom", minMove: 1e-12, formatter: (price) => price < 0 ? "" : (cost ? percent(Math.round((price / cost - 1) * 1000) * 10) : price.toExponential(2)) },
      autoscaleInfoProvider: (original) => widened(original(), [topic.stop_lamports, cost, next?.price_lamports]),
    });
    const text = (time) => hhmm(from + time * step);
    this.chart.applyOptions({
      localization: { timeFormatter: (time) => hhmmss(from + time * step) },
      timeScale: { tickMarkFormatter: text },
    });
    this.series.setData(data);
    this.draw(topic, cost, open, place);
    this.chart.timeScale().setVisibleLogicalRange({ from: -1, to: shown });
  }

  draw(topic, cost, open, place) {
    for (const line of this.lines) this.series.removePriceLine(line);
    const line = (price, tint, title, style) =>
      this.series.createPriceLine({ price, color: tint, title: this.element.clientWidth < 500 ? "" : title, lineWidth: 1, lineStyle: style, axisLabelVisible: true });
    this.lines = [
      ...(cost ? [line(cost, color("quiet"), "average cost", LineStyle.Solid)] : []),
      ...(topic.stop_lamports ? [line(topic.stop_lamports, color("bad"), "stop", LineStyle.Dashed)] : []),
      ...open.map((level) =>
        line(level.price_lamports, color(level.done ? "quiet" : "good"),
          `${percent(level.gain_bps)} ${level.done ? "sold" : `sells ${level.sells_bps / 100} %`}`,
          level.done ? LineStyle.Dotted : LineStyle.Dashed)),
    ];
    const mark = ({ time, side, text, count }) => ({
      time, position: side === "buy" ? "belowBar" : "aboveBar", shape: side === "buy" ? "arrowUp" : "arrowDown",
      color: color(side === "buy" ? "accent" : "link"), text: count > 1 ? `${text} × ${count}` : text,
    });
    const fills = [
      ...topic.entries.map((one, at) => ({ time: place(one.at), side: "buy", text: at ? "re-entry" : "entry" })),
      ...topic.exits.map((one) => ({ time: place(one.at), side: "sell", text: words(one.reason) })),
    ];
    this.markers.setMarkers(counted(fills).map(mark).sort((a, b) => a.time - b.time));
    this.windows.show(
      topic.windows.map((one) => ({ window: one.window, from: place(one.from), to: place(one.to) })),
      topic.time_exits.map(place),
    );
  }
}

/** A little past the end of the present window: what happens now has room, the next window shows. */
function visibleEnd(topic) {
  const now = seconds(topic.at);
  const present = topic.windows.find((one) => seconds(one.to) > now) ?? topic.windows.at(-1);
  const opened = seconds(topic.opened_at);
  return seconds(present.to) + (seconds(present.to) - opened) * 0.15;
}

/** Fills of one candle, one side and one reason are one mark. */
function counted(fills) {
  const marks = new Map();
  for (const fill of fills) {
    const key = `${fill.time} ${fill.side} ${fill.text}`;
    marks.set(key, { ...fill, count: (marks.get(key)?.count ?? 0) + 1 });
  }
  return [...marks.values()];
}

function merged(candles, factor) {
  const wide = [];
  for (const [period, open, high, low, close] of candles) {
    const place = Math.floor(period / factor);
    const last = wide.at(-1);
    if (last?.place !== place) wide.push({ place, open, high, low, close });
    else Object.assign(last, { high: Math.max(last.high, high), low: Math.min(last.low, low), close });
  }
  return wide;
}

function widened(info, prices) {
  const known = prices.filter((price) => price);
  if (!known.length) return info;
  const range = info?.priceRange ?? { minValue: Infinity, maxValue: -Infinity };
  return {
    ...info,
    priceRange: { minValue: Math.min(range.minValue, ...known), maxValue: Math.max(range.maxValue, ...known) },
  };
}

class EquityChart {
  constructor(element) {
    this.chart = createChart(element, { autoSize: true, ...looks(), handleScroll: false, handleScale: false });
    this.series = this.chart.addSeries(BaselineSeries, { lineWidth: 2, priceLineVisible: false });
    this.scheme();
  }

  scheme() {
    this.chart.applyOptions(looks());
    const [up, down] = [color("good"), color("bad")];
    this.series.applyOptions({
      topLineColor: up, topFillColor1: `${up}33`, topFillColor2: `${up}05`,
      bottomLineColor: down, bottomFillColor1: `${down}05`, bottomFillColor2: `${down}33`,
      priceFormat: { type: "custom", minMove: 1e3, formatter: (lamports) => sol(lamports) },
    });
    if (this.shown) this.show(this.shown);
  }

  show(topic) {
    this.shown = topic;
    const from = Math.floor(seconds(topic.from));
    const data = new Map(topic.points.map(([after, value]) => [from + Math.floor(after), value]));
    this.series.applyOptions({ baseValue: { type: "price", price: topic.capital_lamports } });
    this.series.setData([...data].map(([time, value]) => ({ time, value })));
    this.chart.applyOptions({ timeScale: { secondsVisible: (topic.points.at(-1)?.[0] ?? 0) < 1800 } });
    this.chart.timeScale().fitContent();
  }
}

let picked = null;
let told = null;

/** The position that the chart shows: the one that was picked, while it is held; else the first. */
export const chosen = (positions) => (positions.find((one) => one.mint === picked) ?? positions[0])?.mint;

export function choose(mint) {
  picked = mint;
  if (told) charts(told);
  for (const one of document.querySelectorAll("[data-pick]")) one.setAttribute("aria-pressed", one.dataset.pick === mint);
}

let position = null;
let curve = null;

export function charts(topic) {
  const element = $("chart");
  if (!element) return;
  told = topic;
  const one = topic.items.find((each) => each.mint === chosen(topic.items));
  element.hidden = $("legend").hidden = $("life").hidden = !one;
  if (!one) {
    element.removeAttribute("data-operation");
    return;
  }
  position ??= new PositionChart(element);
  position.show(one);
  element.dataset.operation = one.id;
  element.dataset.candles = one.candles.length;
  element.dataset.levels = position.lines.length;
  element.dataset.windows = position.windows.bands.map((band) => band.window).join(" ");
  element.setAttribute("aria-label", `Candles of ${one.symbol}: ${one.candles.length}, ${one.entries.length} entries, ${one.exits.length} exits`);
  const key = (name, text) => h("span", {}, h("i", { class: name }), text);
  life(one);
  morph($("legend"), ...one.windows.map((each) => key(each.window, `${each.window} until ${each.to.slice(11, 16)}`)), h("span", {}, "scale: spot against the average cost; levels where a sale would reach them"));
}

const SVG = "http://www.w3.org/2000/svg";

/** The whole life of the position in one bar, and where it stands. */
function life(one) {
  const from = seconds(one.opened_at);
  const whole = seconds(one.expires_at) - from;
  const at = (iso) => (Math.min(Math.max((seconds(iso) - from) / whole, 0), 1) * 1000).toFixed(1);
  const bar = document.createElementNS(SVG, "svg");
  bar.setAttribute("viewBox", "0 0 1000 10");
  bar.setAttribute("preserveAspectRatio", "none");
  const rect = (x, width, name) => {
    const part = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ x, width, y: 0, height: 10, class: name })) part.setAttribute(key, value);
    bar.append(part);
  };
  for (const each of one.windows) rect(at(each.from), (at(each.to) - at(each.from)).toFixed(1), each.window);
  rect(Math.max(at(one.at) - 2, 0), 4, "now");
  $("life").replaceChildren(bar);
}

export function equity(topic) {
  const element = $("curve");
  if (!element) return;
  element.hidden = !topic.points.length;
  if (!topic.points.length) return;
  curve ??= new EquityChart(element);
  curve.show(topic);
  element.dataset.points = topic.points.length;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  position?.scheme();
  curve?.scheme();
});
