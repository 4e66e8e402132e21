"use strict";
// The table of completions: unpacked from the page, filtered, sorted, shown fifty at a time. Everything that a
// completion says is set as text, never as markup.
(async () => {
  const PAGE = 50;
  const RIGHT = ["correct", "none_correct"];
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const button = (text, act, kind) => {
    const made = make("button", text, kind);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };

  const bytes = Uint8Array.from(atob($("data").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = await new Response(stream).json();
  const rows = data.rows.map((values) => {
    const row = {};
    data.columns.forEach((name, i) => { row[name] = data.names[name] ? data.names[name][values[i]] : values[i]; });
    return row;
  });
  const lowered = new Map();
  const searched = (row) => {
    if (!lowered.has(row)) lowered.set(row, [row.text, row.prompt, row.prediction, row.item].join("\n").toLowerCase());
    return lowered.get(row);
  };

  const always = ["item", "outcome", "prediction", "gold", "reward"];
  const columns = [
    { name: "item", label: "question", kind: "long" },
    { name: "run", label: "run", kind: "long" },
    { name: "arm", label: "arm", kind: "wide" },
    { name: "sample", label: rows.every((row) => row.arm === "training") ? "step" : "sample", kind: "wide number" },
    { name: "outcome", label: "outcome", kind: "outcome" },
    { name: "prediction", label: "answer", kind: "long" },
    { name: "gold", label: "gold", kind: "wide long" },
    { name: "reward", label: "reward", kind: "number" },
    { name: "tokens", label: "tokens", kind: "wide number" },
    { name: "finish", label: "finish", kind: "wide" },
    { name: "flipped", label: "flipped", kind: "wide" },
  ].filter(({ name }) => always.includes(name) || rows.some((row) => row[name] !== rows[0][name]));
  const state = { filters: new Map(), item: "", text: "", sort: "", down: false, page: 0, open: new Set() };

  const signed = (value) => (value === null ? "–" : (value > 0 ? "+" : "") + value.toFixed(3));
  const shown = (row, name) => {
    const value = row[name];
    if (name === "reward") return signed(value);
    if (name === "outcome") return (RIGHT.includes(value) ? "✓ " : value === "undecided" ? "? " : "✗ ") + value;
    return value === null || value === "" ? "–" : String(value);
  };
  const kindOf = (outcome) => (RIGHT.includes(outcome) ? "right" : outcome === "undecided" ? "other" : "wrong");

  // --- filters ------------------------------------------------------------------------------------------

  const natural = new Intl.Collator(undefined, { numeric: true });
  const changed = () => { state.page = 0; draw(); };
  const field = (label, input, id) => {
    const wrap = make("div", undefined, "field"), name = make("label", label);
    input.id = name.htmlFor = id;
    wrap.append(name, input);
    $("filters").append(wrap);
  };
  const choose = (label, read) => {
    const values = [...new Set(rows.map(read))].sort(natural.compare);
    if (values.length < 2) return;
    const select = make("select");
    select.append(new Option("all", "all"));
    values.forEach((value, i) => select.append(new Option(value === "" ? "none" : value, String(i))));
    select.addEventListener("change", () => {
      if (select.value === "all") state.filters.delete(label);
      else state.filters.set(label, (row) => read(row) === values[Number(select.value)]);
      changed();
    });
    field(label, select, "filter-" + label.toLowerCase().replace(/[^a-z0-9]+/g, "-"));
  };
  const text = (name) => (row) => (row[name] === null ? "" : String(row[name]));
  choose("Run", text("run"));
  choose("Arm", text("arm"));
  choose("Outcome", text("outcome"));
  choose("Flipped", text("flipped"));
  choose("Finish", text("finish"));
  data.slices.forEach((column, i) => choose(column, (row) => row.slices[i]));
  const search = make("input");
  search.type = "search";
  search.addEventListener("input", () => { state.text = search.value.toLowerCase(); changed(); });
  field("Text contains", search, "filter-text");
  const clear = button("Clear filters", () => {
    state.filters.clear();
    state.item = state.text = search.value = "";
    $("filters").querySelectorAll("select").forEach((select) => { select.value = "all"; });
    changed();
  });
  $("filters").append(clear);
  $("filters").addEventListener("submit", (event) => event.preventDefault());

  // --- the table ----------------------------------------------------------------------------------------

  const head = make("tr");
  columns.forEach(({ name, label, kind }) => {
    const cell = make("th", undefined, kind.replace("long", "").replace("outcome", ""));
    cell.scope = "col";
    cell.dataset.name = name;
    cell.append(button(label, () => {
      state.down = state.sort === name && !state.down;
      state.sort = name;
      changed();
    }));
    head.append(cell);
  });
  $("rows").tHead.append(head);

  const compare = (a, b) => {
    const x = a[state.sort], y = b[state.sort];
    if (x === null || y === null) return (x === null) - (y === null); // what is unknown comes last, either way
    const made = typeof x === "number" && typeof y === "number" ? x - y : natural.compare(String(x), String(y));
    return state.down ? -made : made;
  };
  const selected = () => {
    const tests = [...state.filters.values()];
    const found = rows.filter((row) => tests.every((test) => test(row)) && (!state.item || row.item === state.item)
      && (!state.text || searched(row).includes(state.text)));
    return state.sort ? found.sort(compare) : found;
  };

  const tree = (terms) => {
    const list = make("ul", undefined, "tree");
    terms.forEach((term) => {
      const line = make("li");
      line.append(make("b", signed(term.value)), make("span", term.label + " "));
      const raw = term.raw !== undefined && term.raw !== null && term.raw !== term.value ? "raw " + signed(term.raw) : "";
      const kind = term.kind && term.kind !== term.label ? term.kind : "";
      line.append(make("small", [kind, raw, term.note].filter(Boolean).join("; ")));
      if (term.terms) line.append(tree(term.terms));
      list.append(line);
    });
    return list;
  };

  const marked = (row) => {
    const made = make("pre");
    if (!row.span) {
      made.textContent = row.text === "" ? "(empty)" : row.text;
      return made;
    }
    // spans count code points, strings in a browser count UTF-16 units
    const points = Array.from(row.text), [from, to] = row.span;
    const mark = make("mark", points.slice(from, to).join(""));
    mark.title = "the extracted answer";
    made.append(points.slice(0, from).join(""), mark, points.slice(to).join(""));
    return made;
  };

  const detail = (row) => {
    const line = make("tr", undefined, "detail"), cell = make("td"), box = make("div", undefined, "box");
    cell.colSpan = columns.length;
    const facts = make("dl");
    columns.forEach(({ name, label }) => {
      const pair = make("div");
      pair.append(make("dt", label), make("dd", shown(row, name)));
      facts.append(pair);
    });
    data.slices.forEach((column, i) => {
      if (!row.slices[i]) return;
      const pair = make("div");
      pair.append(make("dt", column), make("dd", row.slices[i]));
      facts.append(pair);
    });
    box.append(facts);
    if (row.prompt) box.append(make("h3", "Prompt"), make("pre", row.prompt));
    box.append(make("h3", "Completion" + (row.span ? ", its answer marked" : "")), marked(row));
    box.append(make("h3", "Reward " + signed(row.reward) + " by " + row.recipe), tree(row.terms));
    if (row.note) box.append(make("p", row.note, "note"));
    if (!state.item && rows.filter((other) => other.item === row.item).length > 1)
      box.append(button("All completions of this question", () => { state.item = row.item; changed(); $("count").focus(); }));
    cell.append(box);
    line.append(cell);
    return line;
  };

  const body = $("rows").tBodies[0];
  const entry = (row, place) => {
    const line = make("tr");
    columns.forEach(({ name, kind }) => {
      const cell = make("td", undefined, name === "outcome" ? kind + " " + kindOf(row.outcome) : kind);
      if (name !== "item") cell.textContent = shown(row, name);
      else {
        const opener = button(shown(row, "item"), () => {
          if (!state.open.delete(row)) state.open.add(row);
          draw();
          body.querySelectorAll("button.open")[place].focus();
        }, "open");
        opener.setAttribute("aria-expanded", String(state.open.has(row)));
        cell.append(opener);
      }
      line.append(cell);
    });
    return line;
  };

  const draw = () => {
    const found = selected();
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    state.page = Math.min(state.page, last);
    const lines = [];
    found.slice(state.page * PAGE, (state.page + 1) * PAGE).forEach((row, place) => {
      lines.push(entry(row, place));
      if (state.open.has(row)) lines.push(detail(row));
    });
    body.replaceChildren(...lines);
    $("rows").tHead.querySelectorAll("th").forEach((cell) => {
      if (cell.dataset.name === state.sort) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    const right = found.filter((row) => kindOf(row.outcome) === "right").length;
    const share = found.length ? " (" + Math.round((100 * right) / found.length) + " %)" : "";
    $("count").textContent = found.length.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " completions; "
      + right.toLocaleString("en") + " right" + share + (state.item ? "; only question " + state.item : "");
    $("place").textContent = "page " + (state.page + 1) + " of " + (last + 1);
    $("previous").disabled = state.page === 0;
    $("next").disabled = state.page === last;
  };
  $("count").tabIndex = -1;
  $("previous").addEventListener("click", () => { state.page -= 1; draw(); });
  $("next").addEventListener("click", () => { state.page += 1; draw(); });
  draw();
})();
