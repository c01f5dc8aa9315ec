// What the page shows changes once a frame of the screen: answers under way and what was fetched go into one commit of React's.

const HIDDEN_MS = 200; // nothing is painted, but the end of an answer must be seen

const due: (() => void)[] = [];

function run(): void {
  try {
    for (let callback = due.shift(); callback; callback = due.shift()) callback();
  } finally { // one that failed holds nobody up
    if (due.length) plan();
  }
}

function plan(): void {
  if (document.hidden) setTimeout(run, HIDDEN_MS);
  else requestAnimationFrame(run);
}

/** Calls it before the next paint, after all that was handed over before it. */
export function beforePaint(callback: () => void): void {
  if (due.push(callback) === 1) plan();
}

document.addEventListener("visibilitychange", () => { if (due.length) plan(); }); // a hidden page has no frames
