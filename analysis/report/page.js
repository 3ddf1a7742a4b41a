// Chooses among states that the page holds, fills the map in from its numbers, and tells what is pointed at.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // A state is shown where each of its values is "*" or holds what its chooser says.
  const choose = (box) => {
    const wanted = all(":scope > .controls [data-chooser]", box).map((select) => select.value);
    for (const state of all("[data-when]", box)) {
      const values = state.dataset.when.split(" ");
      state.hidden = !values.every((value, place) => value === "*" || value.split(",").includes(wanted[place]));
    }
  };

  const filled = (sentence, gaps) => sentence.replace(/\{(\w+)\}/g, (gap, name) => (name in gaps ? gaps[name] : gap));

  const numbers = (measure, unknown) => {
    const sign = (text) => text.replace("-", "−");
    return {
      value: (packed) => (packed === null ? null : Math.floor(packed / 2) / 10 ** measure.further),
      show: (value) => {
        if (value === null) return "–";
        // Small changes have one more place.
        const places = measure.decimals + (measure.signed && measure.decimals < 2 && Math.abs(value) < 1 ? 1 : 0);
        return (measure.signed && value >= 0 ? "+" : "") + sign(value.toFixed(places));
      },
      exact: (value, error) => {
        if (value === null) return "–";
        const places = (number) => sign(number.toFixed(measure.further));
        const told = error === null ? unknown : ` ± ${places(error / 10 ** measure.further)}`;
        return (measure.signed && value >= 0 ? "+" : "") + places(value) + told;
      },
      kind: (packed, value) => {
        if (value === null) return "unknown";
        if (packed % 2 !== 0) return "noise";
        return measure.classes[measure.breaks.filter((end) => end <= value).length];
      },
    };
  };

  const map = (box) => {
    const told = JSON.parse(box.querySelector("script").textContent);
    const choosers = all("[data-chooser]", box);
    const year = box.querySelector("[data-control=year]");
    const region = box.querySelector("[data-control=region]");
    const tiles = all("[data-place]", box);
    const [policies, years, regions] = [told.policies.length, told.years.length, told.regions.length];

    const path = (measure, number, regime, policy, place) => {
      for (const grid of all("[data-axes]", box)) {
        const shown = grid.dataset.axes === `${number} ${regime}`;
        grid.setAttribute("class", shown ? "" : "off");
        if (!shown) continue;
        const frame = told.frame;
        const across = frame.width - frame.left - frame.right;
        const up = frame.height - frame.top - frame.bottom;
        const [low, high] = [Number(grid.dataset.low), Number(grid.dataset.high)];
        for (const [kind, which] of [["reference", 0], ["chosen", policy]]) {
          const points = told.years.map((each, step) => {
            const value = numbers(measure).value(measure.values[((regime * policies + which) * years + step) * regions + place]);
            const x = frame.left + (across * (each - frame.first)) / (frame.last - frame.first);
            return value === null ? "" : `${x.toFixed(1)},${(frame.height - frame.bottom - (up * (value - low)) / (high - low)).toFixed(1)}`;
          });
          const line = box.querySelector(`[data-line=${kind}] polyline`);
          if (line) line.setAttribute("points", points.join(" "));
        }
      }
      const words = filled(told.path, { region: told.regions[place], policy: told.policies[policy] });
      box.querySelector(".path h4").textContent = words;
      box.querySelector(".path svg").setAttribute("aria-label", words);
    };

    const update = () => {
      const [number, policy, regime] = choosers.map((each) => Number(each.value));
      const measure = told.measures[number];
      const { value, show, exact, kind } = numbers(measure, told.unknown);
      const start = ((regime * policies + policy) * years + Number(year.value)) * regions;
      const [packed, errors] = [measure.values, measure.errors].map((each) => each.slice(start, start + regions));
      const values = packed.map(value);
      const measured = (text) => filled(told.measured, { number: text, unit: measure.unit });
      for (const tile of tiles) {
        const place = Number(tile.dataset.place);
        const noise = packed[place] !== null && packed[place] % 2 !== 0;
        const text = noise ? told.nothing : show(values[place]);
        tile.setAttribute("class", `tile ${kind(packed[place], values[place])}`);
        tile.querySelector(".value").textContent = text;
        tile.dataset.told = `${told.regions[place]}: ${measured(exact(values[place], errors[place]))}`;
      }
      const known = values.map((each, place) => [each, place]).filter(([each]) => each !== null);
      known.sort((one, other) => one[0] - other[0]);
      if (known.length) {
        const [low, high] = [known[0], known[known.length - 1]];
        const words = filled(told.caption, {
          title: measure.title, unit: measure.unit, year: told.years[year.value],
          policy: told.policies[policy], regime: told.regimes[regime],
          high: told.regions[high[1]], high_value: exact(high[0], errors[high[1]]), low: told.regions[low[1]], low_value: exact(low[0], errors[low[1]]),
        });
        box.querySelector(".caption").textContent = words;
        box.querySelector(".tiles").setAttribute("aria-label", words);
      }
      box.querySelector("output").textContent = told.years[year.value];
      year.setAttribute("aria-valuetext", told.years[year.value]);
      path(measure, number, regime, policy, Number(region.value));
    };
    box.addEventListener("input", update);
    for (const tile of tiles) {
      tile.addEventListener("click", () => {
        region.value = tile.dataset.place;
        update();
      });
    }
    update();
  };

  // What a part of a picture says: beside the pointer, or on arrow keys when the picture has the focus.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  let pointed = null;
  const leave = () => {
    if (pointed) pointed.classList.remove("pointed");
    pointed = null;
    tip.hidden = true;
  };
  const point = (part) => {
    if (part === pointed) return;
    leave();
    pointed = part;
    part.classList.add("pointed");
    tip.textContent = part.dataset.told;
    tip.hidden = false;
    const box = part.getBoundingClientRect();
    const width = Math.min(tip.offsetWidth, window.innerWidth - 16);
    const left = Math.max(8, Math.min(box.left + box.width / 2 - width / 2, window.innerWidth - width - 8));
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = `${left + window.scrollX}px`;
    tip.style.top = `${(above < 0 ? box.bottom + 8 : above) + window.scrollY}px`;
  };
  const told = ".mark, .tile";

  // Marks of a curve or a fan, from top to bottom, one a step across.
  const strip = (group) => {
    const [left, step, top, height] = group.dataset.strips.split(" ").map(Number);
    const sentence = group.closest("[data-sentence]").dataset.sentence;
    group.dataset.told.split("\n").forEach((fields, place) => {
      const part = document.createElementNS("http://www.w3.org/2000/svg", "path");
      part.setAttribute("class", "mark");
      part.setAttribute("d", `M${left + place * step},${top}h${step}v${height}h${-step}z`);
      part.dataset.told = filled(sentence, fields.split("|"));
      group.append(part);
    });
  };

  const begin = () => {
    document.body.append(tip);
    all("[data-strips]").forEach(strip);
    for (const part of all(told)) {
      const title = part.querySelector("title");
      if (!title) continue;
      part.dataset.told = title.textContent;
      title.remove();
    }
    for (const drawn of all("svg")) {
      const parts = all(told, drawn);
      if (!parts.length) continue;
      drawn.setAttribute("tabindex", "0");
      drawn.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (event.key === "Escape") leave();
        if (!step) return;
        event.preventDefault();
        const at = parts.indexOf(pointed);
        point(parts[at < 0 ? (step > 0 ? 0 : parts.length - 1) : (at + step + parts.length) % parts.length]);
      });
      drawn.addEventListener("blur", leave);
    }
    document.addEventListener("input", leave);
    document.addEventListener("pointerover", (event) => {
      const part = event.target.closest ? event.target.closest(told) : null;
      if (part) point(part);
      else leave();
    });
    for (const controls of all(".controls")) controls.hidden = false;
    for (const box of all(".choice")) box.addEventListener("input", () => choose(box));
    for (const box of all(".choice")) choose(box);
    all(".regions").forEach(map);
    document.documentElement.classList.add("ready");
  };
  begin();
})();
