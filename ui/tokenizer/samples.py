"""Texts that show at once where encodings differ."""

from ui.state import DEFAULT_TEXT

SAMPLES = {
    "English": DEFAULT_TEXT,
    "Code": "def fib(n):\n\treturn n if n < 2 else fib(n - 1) + fib(n - 2)\n",
    "Numbers": "3.14159, 1024, 1025 and 1000000; 7 * 8 = 56",
    "Emoji": "Well done 🎉👩🏽‍🚀, see you at the café ☕",
    "Arabic": "اللغة بحر لا ساحل له.",
    "Chinese": "语言模型预测下一个词。",
}
