"use strict";
(async () => {
  const PAGE = 50;
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  const bytes = Uint8Array.from(atob($("data").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = await new Response(stream).json();
  const rows = data.rows.map((values) => Object.fromEntries(data.columns.map((name, i) => [name, values[i]])));
  $("completions-note").textContent = data.note;

  const number = (value, digits) => (value === null ? "–" : value.toFixed(digits));
  const shown = [
    ["run", "run"], ["item", "item"], ["arm", "arm"], ["sample", "sample", "number"], ["outcome", "outcome"],
    ["gold", "gold"], ["prediction", "answer"], ["reward", "reward", "number"], ["tokens", "tokens", "number"],
    ["finish", "finish"], ["flipped", "flipped"],
  ].filter(([name]) => rows.some((row) => row[name] !== rows[0][name]) || ["item", "outcome", "gold", "prediction", "reward"].includes(name));

  const state = { filters: {}, text: "", sort: null, down: false, page: 0, open: new Set() };

  const choose = (name, label, values, read) => {
    if (values.length < 2) return;
    const wrap = make("label", label);
    const select = make("select");
    select.id = "filter-" + name.replace(/[^a-z0-9]/gi, "-");
    select.append(new Option("all", ""));
    values.forEach((value) => select.append(new Option(value, value)));
    select.addEventListener("change", () => {
      state.filters[name] = select.value === "" ? null : (row) => read(row) === select.value;
      state.page = 0;
      draw();
    });
    wrap.append(select);
    $("filters").append(wrap);
  };
  const natural = new Intl.Collator(undefined, { numeric: true });
  const distinct = (read) => [...new Set(rows.map(read).filter((value) => value !== "" && value !== null))].sort(natural.compare);
  for (const [name, label] of [["run", "Run"], ["arm", "Arm"], ["outcome", "Outcome"], ["finish", "Finish"], ["flipped", "Flipped"]])
    choose(name, label, distinct((row) => row[name]), (row) => row[name]);
  if ($("filter-flipped") === null && rows.some((row) => row.flipped)) choose("flipped", "Flipped", ["", ...distinct((row) => row.flipped)], (row) => row.flipped);
  data.slices.forEach((column, i) => choose("slice " + column, column, distinct((row) => row.slices[i]), (row) => row.slices[i]));
  const wrap = make("label", "Text contains");
  const search = make("input");
  search.type = "search";
  search.id = "filter-text";
  search.addEventListener("input", () => { state.text = search.value.toLowerCase(); state.page = 0; draw(); });
  wrap.append(search);
  $("filters").append(wrap);
  $("filters").addEventListener("submit", (event) => event.preventDefault());

  const head = make("tr");
  head.append(make("th", "show"));
  head.firstChild.scope = "col";
  shown.forEach(([name, label, kind]) => {
    const cell = make("th", undefined, kind);
    cell.scope = "col";
    const button = make("button", label);
    button.type = "button";
    button.addEventListener("click", () => {
      state.down = state.sort === name ? !state.down : false;
      state.sort = name;
      state.page = 0;
      draw();
    });
    cell.append(button);
    cell.dataset.name = name;
    head.append(cell);
  });
  $("rows").tHead.append(head);

  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return typeof a === "number" && typeof b === "number" ? a - b : natural.compare(String(a), String(b));
  };

  const selected = () => {
    const tests = Object.values(state.filters).filter(Boolean);
    let made = rows.filter((row) => tests.every((test) => test(row)));
    if (state.text) made = made.filter((row) => row.text.toLowerCase().includes(state.text) || data.prompts[row.prompt].toLowerCase().includes(state.text));
    if (state.sort) made = [...made].sort((a, b) => (state.down ? -1 : 1) * compare(a[state.sort], b[state.sort]));
    return made;
  };

  const kindOf = (outcome) => (["correct", "none_correct"].includes(outcome) ? "right" : outcome === "undecided" ? "other" : "wrong");

  const tree = (terms) => {
    const list = make("ul", undefined, "tree");
    terms.forEach((term) => {
      const line = make("li");
      line.append(make("b", term.value === null ? "–" : (term.value >= 0 ? "+" : "") + term.value.toFixed(3)));
      line.append(make("span", term.label + " "));
      line.append(make("small", (term.kind !== term.label ? term.kind + " " : "") + (term.note || "")));
      if (term.terms) line.append(tree(term.terms));
      list.append(line);
    });
    return list;
  };

  const detail = (row) => {
    const line = make("tr", undefined, "detail");
    const cell = make("td");
    const box = make("div", undefined, "box");
    cell.colSpan = shown.length + 1;
    cell.append(box);
    box.append(make("h3", "Prompt"), make("pre", data.prompts[row.prompt]), make("h3", "Completion"));
    const text = make("pre");
    if (row.span) {
      // spans count code points, strings in a browser count UTF-16 units
      const points = Array.from(row.text);
      const [from, to] = row.span;
      text.append(points.slice(0, from).join(""), make("mark", points.slice(from, to).join("")), points.slice(to).join(""));
    } else text.append(row.text);
    box.append(text, make("h3", "Reward " + number(row.reward, 3) + " by " + row.recipe));
    box.append(tree(row.terms));
    line.append(cell);
    return line;
  };

  const draw = () => {
    const found = selected();
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    state.page = Math.min(state.page, last);
    const body = $("rows").tBodies[0];
    body.replaceChildren();
    found.slice(state.page * PAGE, (state.page + 1) * PAGE).forEach((row) => {
      const line = make("tr");
      const first = make("td");
      const button = make("button", state.open.has(row) ? "close" : "open", "open");
      button.type = "button";
      button.setAttribute("aria-expanded", String(state.open.has(row)));
      button.setAttribute("aria-label", (state.open.has(row) ? "Close " : "Open ") + row.item + " " + row.arm + " " + row.sample);
      button.addEventListener("click", () => {
        state.open.has(row) ? state.open.delete(row) : state.open.add(row);
        const place = [...body.querySelectorAll("button.open")].indexOf(button);
        draw();
        body.querySelectorAll("button.open")[place].focus();
      });
      first.append(button);
      line.append(first);
      shown.forEach(([name, , kind]) => {
        const value = row[name];
        const text = value === null ? "–" : name === "reward" ? number(value, 3) : String(value);
        line.append(make("td", text, [kind, name === "outcome" ? kindOf(value) : "", ["gold", "prediction"].includes(name) ? "long" : ""].filter(Boolean).join(" ")));
      });
      body.append(line);
      if (state.open.has(row)) body.append(detail(row));
    });
    $("rows").tHead.querySelectorAll("th[data-name]").forEach((cell) => {
      if (cell.dataset.name === state.sort) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    const right = found.filter((row) => kindOf(row.outcome) === "right").length;
    $("count").textContent = found.length + " of " + rows.length + " completions; " + right + " right";
    $("place").textContent = "page " + (state.page + 1) + " of " + (last + 1);
    $("previous").disabled = state.page === 0;
    $("next").disabled = state.page === last;
  };
  $("previous").addEventListener("click", () => { state.page -= 1; draw(); });
  $("next").addEventListener("click", () => { state.page += 1; draw(); });
  draw();
})();
