"""Ollama's and OpenAI's ways to ask and answer: shapes are translated here, nothing is decided."""
