// A formula, drawn when its end has come and the browser is idle; its TeX until then, and where it is no TeX.
// What stands inside is not React's: a formula that is drawn takes no commit while an answer is written.

import { useEffect, useLayoutEffect, useRef } from "react";
import { whenIdle } from "../idle";
import type { Formula } from "./tex";

export function FormulaText({ tex, display, whole }: Formula) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => show(place.current!, tex), [tex]);
  useEffect(() => {
    if (!whole) return;
    let gone = false;
    const forget = whenIdle(() => void import("./draw").then(({ draw }) => {
      if (gone || !place.current) return;
      try {
        show(place.current, draw(tex, display));
      } catch (error) {
        show(place.current, tex, (error as Error).message);
      }
    }, () => undefined)); // without it the TeX is shown
    return () => {
      gone = true;
      forget();
    };
  }, [tex, display, whole]);
  return <span ref={place} className={display ? "formula display" : "formula"} dir="ltr" />;
}

function show(place: HTMLElement, formula: string | Node, wrong = ""): void {
  place.replaceChildren(formula);
  place.classList.toggle("as-text", typeof formula === "string");
  place.title = wrong;
}
