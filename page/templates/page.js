'use strict';
const root = document.documentElement;
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// What the reader chose the last time; a browser may keep nothing for a file.
function kept(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}
function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* then it is chosen anew the next time */ }
}

// The language and the colours.
const langButton = document.getElementById('lang');
const themeButton = document.getElementById('theme');
function setLang(lang) {
  root.dataset.lang = lang;
  root.lang = lang === 'zh' ? 'zh-CN' : 'en';
  langButton.textContent = lang === 'zh' ? 'English' : '中文';
  langButton.lang = lang === 'zh' ? 'en' : 'zh-CN';
}
function setTheme(theme) {
  root.dataset.theme = theme;
  themeButton.setAttribute('aria-pressed', theme === 'dark');
}
setLang(kept('lang') || (navigator.language.startsWith('zh') ? 'zh' : 'en'));
setTheme(kept('theme') || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
langButton.onclick = () => {
  setLang(root.dataset.lang === 'en' ? 'zh' : 'en');
  keep('lang', root.dataset.lang);
};
themeButton.onclick = () => {
  setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark');
  keep('theme', root.dataset.theme);
};

// What belongs together has a key in common: arrows and lines of code, the parts of a mail in its tree
// and in its text.
let pinned = null;
const keys = element => element.dataset.k.split(' ');
const isLike = (one, other) => one.classList[0] === other.classList[0] && one.tagName === other.tagName;
function light(element) {
  for (const lit of all('.lit')) lit.classList.remove('lit');
  if (!element) return;
  element.classList.add('lit');
  for (const other of all('[data-k]', element.closest('section'))) {
    if (!isLike(element, other) && keys(other).some(key => keys(element).includes(key))) other.classList.add('lit');
  }
}

// Brings what is lit into view inside of its own box; the page stays where it is.
function bring(element) {
  for (const lit of all('.lit')) {
    const pane = lit.closest('.pane');
    if (pane) pane.open = true;
    const box = lit.closest('.src, .raw');
    if (!box || lit === element) continue;
    const frame = box.getBoundingClientRect();
    const offset = lit.getBoundingClientRect().top - frame.top;
    const height = Math.min(frame.bottom, innerHeight) - frame.top;
    if (height > 80 && (offset < 0 || offset > height - 50)) box.scrollTop += offset - height / 2;
  }
}
function pin(element) {
  pinned = element;
  light(element);
  if (element) bring(element);
  for (const button of all('.chip[aria-pressed], .l > .n[aria-pressed]')) button.removeAttribute('aria-pressed');
  if (element) all('.chip, .n, .part', element)[0]?.setAttribute('aria-pressed', 'true');
}

// What the mouse or the keyboard is on lights up for the time being; a click pins it, another one or
// Escape lets go.
const owner = event => event.target.closest?.('[data-k]');
document.addEventListener('mouseover', event => light(owner(event) || pinned));
document.addEventListener('focusin', event => {
  const element = owner(event);
  light(element || pinned);
  if (element) bring(element);
});
document.addEventListener('keydown', event => { if (event.key === 'Escape') pin(null); });
document.addEventListener('click', event => {
  const fold = event.target.closest('.fold button');
  if (fold) return unfoldLines(fold, fold.getAttribute('aria-expanded') !== 'true');
  const more = event.target.closest('.more');
  if (more) return unfoldRows(more, more.getAttribute('aria-expanded') !== 'true');
  const element = owner(event);
  const isOther = event.target.closest('summary, a') || (!element && event.target.closest('button'));
  if (!isOther && !String(getSelection())) pin(element === pinned ? null : element || null);
});

// The arrows of a ladder have one tab stop; the keys up and down lead from one to the next.
for (const rows of all('.rows')) {
  const buttons = all('.chip', rows);
  buttons.forEach((button, index) => { button.tabIndex = index ? -1 : 0; });
  rows.addEventListener('keydown', event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const from = buttons.indexOf(event.target);
    if (!step || from < 0) return;
    let to = from + step;
    while (buttons[to]?.closest('[hidden]')) to += step;
    if (!buttons[to]) return;
    event.preventDefault();
    buttons[from].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  });
}

// What is folded at first.
function unfoldRows(more, isOpen) {
  more.setAttribute('aria-expanded', isOpen);
  for (const row of all(`[data-g="${more.dataset.for}"]`)) row.hidden = !isOpen;
}
function unfoldLines(button, isOpen) {
  button.setAttribute('aria-expanded', isOpen);
  button.closest('tbody').nextElementSibling.hidden = !isOpen;
}
const unfoldButton = document.getElementById('unfold');
unfoldButton.onclick = () => {
  const isOpen = unfoldButton.getAttribute('aria-pressed') !== 'true';
  unfoldButton.setAttribute('aria-pressed', isOpen);
  for (const more of all('.more')) unfoldRows(more, isOpen);
  for (const button of all('.fold button')) unfoldLines(button, isOpen);
  for (const details of all('main details')) details.open = isOpen || details.matches('.pane:first-of-type');
};
addEventListener('beforeprint', () => {
  for (const pane of all('.code')) for (const details of all('.pane', pane).slice(0, 1)) details.open = true;
});

// The lesson that is read is marked in the list.
const seen = new IntersectionObserver(sections => {
  for (const { isIntersecting, target } of sections) {
    if (!isIntersecting) continue;
    for (const link of all('nav a')) {
      if (link.hash === '#' + target.id) {
        link.setAttribute('aria-current', 'true');
        link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      } else {
        link.removeAttribute('aria-current');
      }
    }
  }
}, { rootMargin: '-20% 0px -70% 0px' });
for (const section of all('section')) seen.observe(section);

// A link to a line (#l04-lesson04-main-rs-41) shows it with its arrows.
function follow() {
  const line = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!line?.matches('.l')) return;
  line.closest('.pane').open = true;
  line.scrollIntoView({ block: 'center' });
  if (line.dataset.k) pin(line);
}
addEventListener('hashchange', follow);
follow();
