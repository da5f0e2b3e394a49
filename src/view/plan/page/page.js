(() => {
  'use strict';
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const data = JSON.parse(one('#data').textContent);
  const names = data.hosts.map((name) => name.toLowerCase());
  const form = one('#filter');
  const count = one('#count');
  const fields = ['text', 'host', 'component', 'stage', 'action'];
  document.documentElement.classList.add('script');
  form.hidden = false;

  const spread = (runs) => {
    const places = [];
    for (let at = 0; at < runs.length; at += 2)
      for (let place = runs[at]; place <= runs[at + 1]; place += 1) places.push(place);
    return places;
  };
  const rows = all('details.row').map((element, number) => ({
    element, hosts: spread(data.rows[number]), group: data.groups[number], words: null, ...element.dataset,
  }));
  const steps = rows.reduce((sum, row) => sum + row.hosts.length, 0);
  const folds = all('details.fold').map((element) => ({ element, rows: all('details.row', element), asked: false }));
  const parts = all('section.part').map((element) => ({ element, rows: all('details.row', element) }));
  const nodes = all('a.node');
  const bars = all('a.bar').map((element, number) => {
    const [rows, hosts] = data.bars[number];
    return { element, rows, hosts: spread(hosts) };
  });
  one('#hosts').append(...data.hosts.map((name) => Object.assign(document.createElement('option'), { value: name })));

  // What a row says, its commands aside.
  const words = (row) => {
    row.words ??= (one('summary', row.element).textContent + ' ' + one('dl', row.element).textContent).toLowerCase();
    return row.words;
  };
  const number = (many, what) => `${many.toLocaleString('en')} ${what}${many === 1 ? '' : 's'}`;

  const state = () => {
    const state = new URLSearchParams();
    for (const field of fields) if (form.elements[field].value.trim()) state.set(field, form.elements[field].value.trim());
    if (form.elements.changes.checked) state.set('changes', 'only');
    return state;
  };

  const show = () => {
    const asked = state();
    const [text, host] = ['text', 'host'].map((field) => (asked.get(field) ?? '').toLowerCase());
    const onHost = names.map((name) => name.includes(host));
    const inName = names.map((name) => text !== '' && name.includes(text));
    const fits = (row) =>
      (!asked.has('component') || row.c === asked.get('component')) &&
      (!asked.has('stage') || row.p === asked.get('stage')) &&
      (!asked.has('action') || row.a === asked.get('action')) &&
      (!asked.has('changes') || row.k === 'change');
    let [shown, lines] = [0, 0];
    const groups = new Set();
    const seen = rows.map((row) => {
      if (!fits(row)) return 0;
      const said = text === '' || words(row).includes(text);
      return row.hosts.reduce((sum, place) => sum + (onHost[place] && (said || inName[place]) ? 1 : 0), 0);
    });
    rows.forEach((row, place) => {
      const hidden = seen[place] === 0;
      if (row.element.hidden !== hidden) row.element.hidden = hidden;
      if (hidden) return;
      shown += seen[place];
      lines += 1;
      groups.add(row.group);
    });
    const empty = ({ rows }) => rows.every((row) => row.hidden);
    for (const part of parts) part.element.hidden = empty(part);
    const active = asked.size > 0;
    for (const fold of folds) {
      fold.element.hidden = empty(fold);
      // Few finds are shown at once; many stay folded.
      const open = active && lines <= 200 && !fold.element.hidden;
      if (open !== fold.asked) { fold.element.open = open; fold.asked = open; }
    }
    nodes.forEach((node, place) => node.classList.toggle('off', !groups.has(place)));
    for (const bar of bars) {
      const on = bar.rows.some((row) => seen[row] > 0) && bar.hosts.some((place) => onHost[place]);
      bar.element.classList.toggle('off', !on);
    }
    count.textContent = active
      ? `${number(shown, 'step')} of ${steps.toLocaleString('en')} shown, in ${number(lines, 'row')}`
      : `All ${number(steps, 'step')} shown, in ${number(lines, 'row')}`;
    return asked;
  };

  // A link to the page with a filter leads to the same filter.
  const keep = (asked) => history.replaceState(null, '', asked.size ? `#${asked}` : location.pathname + location.search);
  const restore = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) form.elements[field].value = asked.get(field) ?? '';
    form.elements.changes.checked = asked.has('changes');
    show();
  };

  const fill = (row) => {
    for (const link of all('a.runs', row)) {
      const list = one('div', document.getElementById(link.hash.slice(1)));
      const title = Object.assign(document.createElement('p'), { className: 'strong', textContent: link.textContent });
      const copy = document.createElement('div');
      copy.append(...list.cloneNode(true).childNodes);
      for (const code of all('pre', copy)) {
        const button = Object.assign(document.createElement('button'), { type: 'button', className: 'copy', textContent: 'Copy' });
        button.setAttribute('aria-label', `Copy: ${code.previousElementSibling.textContent}`);
        code.before(button);
      }
      link.parentElement.replaceWith(title, copy);
    }
  };

  const taken = (button, code) => {
    const selection = getSelection();
    selection.selectAllChildren(code);
    const done = (said) => {
      button.textContent = said;
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    };
    const byHand = () => done(document.execCommand('copy') ? 'Copied' : 'Selected');
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(() => done('Copied'), byHand);
    else byHand();
  };

  const reveal = (id) => {
    const target = document.getElementById(id);
    if (!target?.matches('details.row')) return false;
    if (target.hidden) { form.reset(); keep(show()); }
    for (let outer = target; outer; outer = outer.parentElement?.closest('details')) outer.open = true;
    target.scrollIntoView({ block: 'start' });
    one('summary', target).focus({ preventScroll: true });
    return true;
  };

  const follow = () => {
    if (location.hash.includes('=')) restore();
    else reveal(location.hash.slice(1));
  };

  // What rows say is read when the filter is entered, so that the first letter doesn't wait for it.
  form.addEventListener('focusin', () => rows.forEach(words), { once: true });
  form.addEventListener('input', () => keep(show()));
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(() => keep(show())));
  document.addEventListener('toggle', (event) => {
    if (event.target.matches('details.row[open]')) fill(event.target);
  }, true);
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button.copy');
    if (button) taken(button, button.nextElementSibling);
    const link = event.target.closest('a[href^="#s"]');
    if (link && reveal(link.getAttribute('href').slice(1))) event.preventDefault();
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/' && !event.target.matches('input, select, textarea')) {
      event.preventDefault();
      form.elements.text.focus();
      form.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Escape' && form.contains(event.target)) {
      form.reset();
    }
  });

  const picture = one('#picture');
  const light = (event) => {
    const node = event.target.closest('a.node');
    const place = node?.dataset.g;
    for (const lit of all('.on', picture)) lit.classList.remove('on');
    picture.classList.toggle('lit', Boolean(node));
    if (!node) return;
    node.classList.add('on');
    for (const edge of all(`[data-u="${place}"], [data-v="${place}"]`, picture)) {
      edge.classList.add('on');
      nodes[edge.dataset.u].classList.add('on');
      nodes[edge.dataset.v].classList.add('on');
    }
  };
  for (const kind of ['mouseover', 'focusin']) picture.addEventListener(kind, light);
  for (const kind of ['mouseleave', 'focusout']) picture.addEventListener(kind, () => {
    picture.classList.remove('lit');
  });
  const frame = picture.parentElement;
  frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
  // What a band is called stays in sight, wherever the picture is scrolled to.
  const name = () => {
    for (const label of all('.band text', picture)) label.style.transform = `translateX(${frame.scrollLeft}px)`;
  };
  frame.addEventListener('scroll', name);
  name();

  addEventListener('beforeprint', () => all('details.fold').forEach((fold) => { fold.open = true; }));
  addEventListener('hashchange', follow);
  show();
  if (location.hash) follow();
})();
