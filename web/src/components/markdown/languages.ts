// What a file of a language is called.

const ENDINGS: Record<string, string> = {
  bash: "sh", shell: "sh", sh: "sh", zsh: "sh", c: "c", cpp: "cpp", "c++": "cpp", csharp: "cs", "c#": "cs", css: "css", csv: "csv", diff: "diff", go: "go", html: "html",
  java: "java", javascript: "js", js: "js", json: "json", jsx: "jsx", kotlin: "kt", kt: "kt", lua: "lua", makefile: "mk", markdown: "md", md: "md", php: "php",
  powershell: "ps1", python: "py", py: "py", r: "r", ruby: "rb", rb: "rb", rust: "rs", rs: "rs", scala: "scala", sql: "sql", swift: "swift", toml: "toml",
  typescript: "ts", ts: "ts", tsx: "tsx", xml: "xml", yaml: "yaml", yml: "yaml",
};

export const nameFor = (language: string) => `code.${ENDINGS[language.toLowerCase()] ?? "txt"}`;
