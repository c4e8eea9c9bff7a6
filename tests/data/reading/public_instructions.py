# ruff: noqa: E501
"""Instruction data in the shapes of public sets and exports, all invented.

Each case says beforehand what its owner means; `test_public_shapes.py` compares.
"""

import json

from tests.data.reading.public_case import Case, cs, jl, js, pqt, xl


def qa(q, a, **k):
    return {"role": "user", "content": q} | k, {"role": "assistant", "content": a}


def U(q):
    return {"role": "user", "content": q}


def A(a):
    return {"role": "assistant", "content": a}


Q = "Where is lamp {} kept?"
S = "On shelf {}."


def q(i):
    return Q.format(i)


def a(i):
    return S.format(i)


ONE = ("", ((q(0), a(0)),))
# fmt: off
CASES: list[Case] = []


def case(*args, **more):
    CASES.append(Case(*args, **more))


# ---- Alpaca
case('alpaca list with system and history', 'alpaca.json', js(lambda i: {'instruction': q(i), 'input': '', 'output': a(i), 'system': 'You are a clerk.', 'history': [['Hello', 'Good day.']] if i % 2 == 0 else []}), 12, ('You are a clerk.', (('Hello', 'Good day.'), (q(0), a(0)))))
case('alpaca jsonl', 'alpaca.jsonl', jl(lambda i: {'instruction': q(i), 'input': f'The shop of street {i}', 'output': a(i)}), 12, ('', ((q(0), 'The shop of street 0', a(0)),)))
case('alpaca with text template', 'alpaca.parquet', pqt(lambda i: {'instruction': q(i), 'input': '', 'output': a(i), 'text': f'Below is an instruction that describes a task.\n\n### Instruction:\n{q(i)}\n\n### Response:\n{a(i)}'}), 12, ONE, notices=('unread_columns',))
case('alpaca template as text only', 'text.jsonl', jl(lambda i: {'text': f'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n{q(i)}\n\n### Response:\n{a(i)}'}), 12, ('Below is an instruction that describes a task. Write a response that appropriately completes the request.', ((q(0), a(0)),)), guess=None)
case('alpaca template with input as text only', 'text.jsonl', jl(lambda i: {'text': f'Below is an instruction that describes a task, paired with an input.\n\n### Instruction:\n{q(i)}\n\n### Input:\nStreet {i}\n\n### Response:\n{a(i)}'}), 12, ('Below is an instruction that describes a task, paired with an input.', ((q(0) + '\nStreet 0', a(0)),)), guess=None)
case('gpt4all / cleaned alpaca with <noinput>', 'a.json', js(lambda i: {'instruction': q(i), 'input': '<noinput>', 'output': a(i)}), 12, ONE, notices=('no_input',))


# ---- ShareGPT
def sg(*pairs):
    return [{"from": f, "value": v} for f, v in pairs]


case('sharegpt', 'sharegpt.json', js(lambda i: {'id': f'x{i}_0', 'conversations': sg(('human', q(i)), ('gpt', a(i)))}), 12, ONE)
case('sharegpt begins with gpt', 'sharegpt.json', js(lambda i: {'id': f'x{i}_0', 'conversations': sg(('gpt', 'Earlier text.'), ('human', q(i)), ('gpt', a(i)))}), 12, ONE, notices=('leading_answers',))
case('sharegpt tool roles', 'sharegpt.jsonl', jl(lambda i: {'conversations': sg(('system', 'Be short.'), ('human', q(i)), ('gpt', a(i)), ('human', 'Weather?'), ('function_call', '{"name": "w"}'), ('observation', 'rain'), ('gpt', 'It rains.')), 'tools': '[{"name": "w"}]'}), 12, ('Be short.', ((q(0), a(0)),)), notices=('tools', 'unread_columns'))
case('sharegpt odd roles', 'sharegpt.json', js(lambda i: {'conversations': sg(('user', q(i)), ('chatgpt' if i else 'bing', a(i)))}), 12, ONE)
case('sharegpt with empty turns', 'sharegpt.json', js(lambda i: {'conversations': sg(('human', q(i)), ('gpt', a(i)), ('human', ''), ('gpt', 'Go on with what?'))}), 12, ONE, notices=('blank_questions',))
case('sharegpt with one odd role', 'sharegpt.json', js(lambda i: {'conversations': sg(('human', q(i)), ('narrator' if i == 3 else 'gpt', a(i)))}), 11, ONE, left_out=1, notices=('unknown_role',))
case('sharegpt with system beside', 's.jsonl', jl(lambda i: {'system': f'You are clerk {i}.', 'conversations': sg(('human', q(i)), ('gpt', a(i)))}), 12, ('You are clerk 0.', ((q(0), a(0)),)))
case('slimorca with weights of human turns', 'slim.jsonl', jl(lambda i: {'conversations': [{'from': 'system', 'value': 'Think.', 'weight': None}, {'from': 'human', 'value': q(i), 'weight': 0.0}, {'from': 'gpt', 'value': a(i), 'weight': 1.0}]}), 12, ('Think.', ((q(0), a(0)),)))
case('sharegpt export with markdown html', 's.json', js(lambda i: {'id': str(i), 'conversations': sg(('human', q(i)), ('gpt', f'<div class="markdown prose"><p>{a(i)}</p></div>'))}), 12, None, notices=('markup_kept',))
# ---- OpenAI
case('openai chat', 'train.jsonl', jl(lambda i: {'messages': [{'role': 'system', 'content': 'Be kind.'}, U(q(i)), A(a(i))]}), 12, ('Be kind.', ((q(0), a(0)),)))
case('openai parts, developer, name', 'train.jsonl', jl(lambda i: {'messages': [{'role': 'developer', 'content': 'Be kind.'}, {'role': 'user', 'name': 'anna', 'content': [{'type': 'text', 'text': q(i)}, {'type': 'image_url', 'image_url': {'url': 'https://x/y.png'}}]}, A(a(i))]}), 12, ('Be kind.', ((q(0), a(0)),)), notices=('pictures',))
case('openai tool calls', 'train.jsonl', jl(lambda i: {'messages': [U(q(i)), {'role': 'assistant', 'tool_calls': [{'id': 'c', 'type': 'function', 'function': {'name': 'f', 'arguments': '{}'}}]}, {'role': 'tool', 'tool_call_id': 'c', 'content': '7'}, A(a(i))] if i < 3 else [U(q(i)), A(a(i))], 'tools': [{'type': 'function'}]}), 9, ('', ((q(3), a(3)),)), left_out=3, notices=('only_tools',))
case('openai weight 0', 'train.jsonl', jl(lambda i: {'messages': [U('Hi'), {**A('No!'), 'weight': 0}, U(q(i)), {**A(a(i)), 'weight': 1}]}), 12, ('', (('Hi', 'No!'), (q(0), a(0)))), notices=('weight_0',))
case('openai preference', 'pref.jsonl', jl(lambda i: {'input': {'messages': [U(q(i))], 'tools': [], 'parallel_tool_calls': True}, 'preferred_output': [A(a(i))], 'non_preferred_output': [A('Dunno.')]}), 12, ONE, notices=('preferences',))
case('openai old prompt completion', 'old.jsonl', jl(lambda i: {'prompt': q(i) + '\n\n###\n\n', 'completion': ' ' + a(i) + ' END'}), 12, None)
case('anthropic messages', 'claude.jsonl', jl(lambda i: {'system': 'You sell lamps.', 'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': q(i)}]}, A(a(i))]}), 12, ('You sell lamps.', ((q(0), a(0)),)))
case('gemini contents', 'gemini.jsonl', jl(lambda i: {'systemInstruction': {'role': 'system', 'parts': [{'text': 'Sell.'}]}, 'contents': [{'role': 'user', 'parts': [{'text': q(i)}]}, {'role': 'model', 'parts': [{'text': a(i)}]}]}), 12, ('Sell.', ((q(0), a(0)),)))
case('cohere', 'cohere.jsonl', jl(lambda i: {'messages': [{'role': 'System', 'content': 'Sell.'}, {'role': 'User', 'content': q(i)}, {'role': 'Chatbot', 'content': a(i)}]}), 12, ('Sell.', ((q(0), a(0)),)))
# ---- TRL
case('trl prompt completion', 'trl.jsonl', jl(lambda i: {'prompt': q(i), 'completion': a(i)}), 12, ONE)
case('trl conversational prompt completion', 'trl.jsonl', jl(lambda i: {'prompt': [{'role': 'system', 'content': 'Sell.'}, U(q(i))], 'completion': [A(a(i))]}), 12, ('Sell.', ((q(0), a(0)),)))
case('trl preference strings', 'dpo.jsonl', jl(lambda i: {'prompt': q(i), 'chosen': a(i), 'rejected': 'No idea.'}), 12, ONE, notices=('preferences',))
case('trl preference messages', 'dpo.jsonl', jl(lambda i: {'prompt': [U(q(i))], 'chosen': [A(a(i))], 'rejected': [A('No idea.')]}), 12, ONE, notices=('preferences',))
case('trl implicit prompt', 'dpo.jsonl', jl(lambda i: {'chosen': [U(q(i)), A(a(i))], 'rejected': [U(q(i)), A('No idea.')]}), 12, ONE, notices=('preferences',))
case('trl unpaired kto', 'kto.jsonl', jl(lambda i: {'prompt': q(i), 'completion': a(i), 'label': i % 3 != 0}), 8, ('', ((q(1), a(1)),)), left_out=4, notices=('marked_bad',))
case('kto conversational', 'kto.jsonl', jl(lambda i: {'prompt': [U(q(i))], 'completion': [A(a(i))], 'label': i % 3 != 0}), 8, ('', ((q(1), a(1)),)), left_out=4)
case('trl stepwise', 'step.jsonl', jl(lambda i: {'prompt': q(i), 'completions': [f'First {i}.', f'Then {i}.'], 'labels': [True, False]}), None, guess=None)
case('ultrafeedback binarized', 'uf.parquet', pqt(lambda i: {'prompt': q(i), 'prompt_id': f'{i:064x}', 'chosen': list(qa(q(i), a(i))), 'rejected': list(qa(q(i), 'Dunno')), 'messages': list(qa(q(i), a(i))), 'score_chosen': 8.0, 'score_rejected': 3.0}), 12, ONE, notices=('preferences',))
case('hh-rlhf', 'hh.jsonl', jl(lambda i: {'chosen': f'\n\nHuman: Hi there\n\nAssistant: Hello.\n\nHuman: {q(i)}\n\nAssistant: {a(i)}', 'rejected': f'\n\nHuman: Hi there\n\nAssistant: Hello.\n\nHuman: {q(i)}\n\nAssistant: No.'}), 12, ('', (('Hi there', 'Hello.'), (q(0), a(0)))), notices=('preferences',))
case('orca dpo pairs', 'odp.jsonl', jl(lambda i: {'system': 'Think.', 'question': q(i), 'chosen': a(i), 'rejected': 'No.'}), 12, ('Think.', ((q(0), a(0)),)))
case('llama-factory sharegpt preference', 'lfp.json', js(lambda i: {'conversations': sg(('human', q(i))), 'chosen': {'from': 'gpt', 'value': a(i)}, 'rejected': {'from': 'gpt', 'value': 'No.'}}), 12, ONE)
case('llama-factory alpaca preference', 'lfa.json', js(lambda i: {'instruction': q(i), 'input': f'street {i}', 'chosen': a(i), 'rejected': 'No.'}), 12, ('', ((q(0), 'street 0', a(0)),)))
case('llama-factory kto', 'lfk.json', js(lambda i: {'messages': [U(q(i)), A(a(i))], 'label': i % 4 != 0}), 9, ('', ((q(1), a(1)),)), left_out=3)
case('arena battles', 'arena.jsonl', jl(lambda i: {'question_id': str(i), 'model_a': 'x', 'model_b': 'y', 'winner': 'model_a', 'conversation_a': list(qa(q(i), a(i))), 'conversation_b': list(qa(q(i), 'No.'))}), None, guess=None)
case('shp', 'shp.jsonl', jl(lambda i: {'post_id': f'a{i}', 'history': q(i), 'human_ref_A': a(i), 'human_ref_B': 'No idea at all.', 'labels': i % 2, 'score_A': 3, 'score_B': 9}), None, guess=None)
case('rewardbench', 'rb.jsonl', jl(lambda i: {'prompt': q(i), 'chosen': a(i), 'chosen_model': 'gpt', 'rejected': 'No.', 'rejected_model': 'small', 'subset': 'easy', 'id': i}), 12, ONE)
case('helpsteer', 'hs.jsonl', jl(lambda i: {'prompt': q(i), 'response': a(i), 'helpfulness': i % 5, 'correctness': 3, 'coherence': 4}), 12, ONE)
# ---- others
case('ultrachat', 'uc.jsonl', jl(lambda i: {'id': str(i), 'data': [q(i), a(i), 'Why?', 'Because.']}), 12, ('', ((q(0), a(0)), ('Why?', 'Because.'))))
case('ultrachat_200k', 'uc200.jsonl', jl(lambda i: {'prompt': q(i), 'prompt_id': f'{i:064x}', 'messages': [U(q(i)), A(a(i)), U('Why?'), A('Because.')]}), 12, ('', ((q(0), a(0)), ('Why?', 'Because.'))))
case('no robots', 'nr.jsonl', jl(lambda i: {'prompt': q(i), 'prompt_id': f'{i:064x}', 'messages': [U(q(i)), A(a(i))], 'category': 'Open QA'}), 12, ONE)
case('dolly', 'dolly.jsonl', jl(lambda i: {'instruction': q(i), 'context': 'A shop.' if i == 0 else '', 'response': a(i), 'category': 'closed_qa'}), 12, ('', ((q(0), 'A shop.', a(0)),)))
case('flan', 'flan.jsonl', jl(lambda i: {'inputs': q(i), 'targets': a(i), 'task_source': 'Flan2021', 'task_name': 'shop', 'template_type': 'fs_opt', '_template_idx': i % 3}), 12, ONE)
case('p3', 'p3.jsonl', jl(lambda i: {'inputs': [3, 5, i], 'inputs_pretokenized': q(i), 'targets': [1, 9, i], 'targets_pretokenized': a(i)}), None, guess=None)
case('xp3', 'xp3.jsonl', jl(lambda i: {'inputs': q(i), 'targets': a(i), 'language': 'en', 'split': 'train', 'template': 'x', 'dataset': 'y', 'config': 'en'}), 12, ONE)
case('openorca', 'orca.parquet', pqt(lambda i: {'id': f'flan.{i}', 'system_prompt': 'You are helpful.', 'question': q(i), 'response': a(i)}), 12, ('You are helpful.', ((q(0), a(0)),)))
case('metamath', 'mm.json', js(lambda i: {'query': q(i), 'original_question': f'Original {q(i)}', 'response': a(i), 'type': 'GSM_Rephrased'}), 12, ONE, notices=('unread_columns',))
case('gsm8k', 'gsm8k.jsonl', jl(lambda i: {'question': q(i), 'answer': f'He has {i}+1=<<{i}+1={i + 1}>>{i + 1} lamps.\n#### {i + 1}'}), 12, ('', ((q(0), 'He has 0+1=<<0+1=1>>1 lamps.\n#### 1'),)))
case('math', 'math.jsonl', jl(lambda i: {'problem': q(i), 'level': 'Level 5', 'type': 'Algebra', 'solution': a(i)}), 12, ONE)


def squad(i, v2=False):
    return {
        "title": f"T{i}",
        "paragraphs": [
            {
                "context": f"Lamp {i} lies on shelf {i}.",
                "qas": [
                    {
                        "id": f"56be{i}",
                        "question": q(i),
                        "answers": [
                            {"text": f"shelf {i}", "answer_start": 15},
                            {"text": f"on shelf {i}", "answer_start": 12},
                        ],
                    }
                ]
                + (
                    [
                        {
                            "id": f"5a{i}",
                            "question": "Who made it?",
                            "answers": [],
                            "plausible_answers": [{"text": "Lamp", "answer_start": 0}],
                            "is_impossible": True,
                        }
                    ]
                    if v2
                    else []
                ),
            }
        ],
    }


case('squad 1', 'train-v1.1.json', json.dumps({'version': '1.1', 'data': [squad(i) for i in range(12)]}).encode(), 12, ('', ((q(0), 'Lamp 0 lies on shelf 0.', 'shelf 0'),)))
case('squad 2', 'train-v2.0.json', json.dumps({'version': 'v2.0', 'data': [squad(i, True) for i in range(12)]}).encode(), 12, ('', ((q(0), 'Lamp 0 lies on shelf 0.', 'shelf 0'),)), left_out=12, notices=('no_answer',))
case('squad hub rows', 'squad.parquet', pqt(lambda i: {'id': f'5{i}', 'title': 'T', 'context': f'Lamp {i} lies on shelf {i}.', 'question': q(i), 'answers': {'text': [f'shelf {i}'], 'answer_start': [15]}}), 12, ('', ((q(0), 'Lamp 0 lies on shelf 0.', 'shelf 0'),)))
case('nq open', 'nq.jsonl', jl(lambda i: {'question': q(i), 'answer': [a(i), 'There.']}), 12, ONE, notices=('several_answers',))
case('nq csv with long answer', 'nq.csv', cs(['question', 'long_answers', 'short_answer'], lambda i: [q(i), f'The lamp {i} is kept on the shelf {i} of the shop.', a(i)]), None, guess=None)
case('triviaqa', 'tqa.jsonl', jl(lambda i: {'question': q(i), 'question_id': f'tc_{i}', 'answer': {'value': a(i), 'aliases': ['x', a(i)], 'normalized_value': 'x'}}), 12, ONE)
case('faq xlsx', 'faq.xlsx', xl([['FAQ of our shop', None, None], [None, None, None], ['No.', 'Question', 'Answer']] + [[i + 1, q(i), a(i)] for i in range(12)]), 12, ONE)
case('faq csv semicolon german', 'faq.csv', ('Frage;Antwort;Kategorie\r\n' + ''.join(f'Wo liegt Lampe {i}?;Im Schrank für Größe {i}.;Lager\r\n' for i in range(12))).encode('cp1252'), 12, ('', (('Wo liegt Lampe 0?', 'Im Schrank für Größe 0.'),)))
case('stackexchange preferences', 'se.jsonl', jl(lambda i: {'qid': i, 'question': q(i), 'answers': [{'answer_id': 1, 'author': 'x', 'pm_score': 2, 'selected': False, 'text': 'Nowhere.'}, {'answer_id': 2, 'author': 'y', 'pm_score': 7, 'selected': True, 'text': a(i)}], 'date': '2020/01/01', 'metadata': ['https://x']}), 12, ONE, notices=('rated_answers',), guess=None)
case('eli5', 'eli5.jsonl', jl(lambda i: {'q_id': f'x{i}', 'title': q(i), 'selftext': '', 'answers': {'a_id': ['m', 'n'], 'text': [a(i), 'No.'], 'score': [9, 2]}}), None, guess=None)
case('truthfulqa', 'TruthfulQA.csv', cs(['Type', 'Category', 'Question', 'Best Answer', 'Correct Answers', 'Incorrect Answers', 'Source'], lambda i: ['Adversarial', 'Shops', q(i), a(i), f'{a(i)}; There.', 'Nowhere; In the sea.', 'https://x']), 12, ONE, notices=('unread_columns',))
case('jeopardy', 'JEOPARDY_CSV.csv', cs(['Show Number', ' Air Date', ' Round', ' Category', ' Value', ' Question', ' Answer'], lambda i: [4680, '2004-12-31', 'Jeopardy!', 'HISTORY', '$200', q(i), a(i)]), 12, ONE)
case('bitext', 'bitext.csv', cs(['flags', 'instruction', 'category', 'intent', 'response'], lambda i: ['B', q(i), 'ORDER' if i % 2 else 'SHIP', 'cancel_order' if i % 2 else 'track', a(i)]), 12, ONE)
case('medquad', 'medquad.csv', cs(['question', 'answer', 'source', 'focus_area'], lambda i: [q(i), a(i), 'NIH', 'Lamps']), 12, ONE)
case('meddialog', 'md.json', js(lambda i: {'description': 'Q. ' + q(i), 'utterances': [f'patient: {q(i)}', f'doctor: {a(i)}']}), 12, ONE, guess=None)
case('boolq', 'boolq.jsonl', jl(lambda i: {'question': f'is lamp {i} on a shelf', 'title': 'Lamp', 'answer': i % 2 == 0, 'passage': f'Lamp {i} lies there.'}), 12, ('', (('is lamp 0 on a shelf', 'Lamp 0 lies there.', 'true'),)), guess=None)
case('hotpot', 'hp.json', js(lambda i: {'_id': f'5a{i}', 'question': q(i), 'answer': a(i), 'type': 'bridge', 'level': 'easy', 'supporting_facts': [['T', 0]], 'context': [['T', ['Lamp one.', 'Lamp two.']], ['U', ['Shelf.']]]}), 12, ('', ((q(0), 'T\nLamp one.\nLamp two.\nU\nShelf.', a(0)),)), guess=None)
case('mmlu choices', 'mmlu.csv', cs(['question', 'A', 'B', 'C', 'D', 'answer'], lambda i: [q(i), 'one', 'two', 'three', 'four', 'ABCD'[i % 4]]), None, notices=('choice_numbers',))
case('arc', 'arc.jsonl', jl(lambda i: {'id': f'M_{i}', 'question': {'stem': q(i), 'choices': [{'text': 'x y', 'label': 'A'}, {'text': 'z w', 'label': 'B'}]}, 'answerKey': 'AB'[i % 2]}), None, guess=None)
case('capybara', 'cap.jsonl', jl(lambda i: {'source': 'x', 'conversation': [{'input': q(i), 'output': a(i)}, {'input': 'Why?', 'output': 'Because.'}]}), 12, ('', ((q(0), a(0)), ('Why?', 'Because.'))))
case('lima', 'lima.jsonl', jl(lambda i: {'conversations': [q(i), a(i)], 'source': 'stackexchange'}), 12, ONE)
case('lmsys chat', 'lmsys.parquet', pqt(lambda i: {'conversation_id': f'{i:032x}', 'model': 'vicuna', 'conversation': [{'content': q(i), 'role': 'user'}, {'content': a(i), 'role': 'assistant'}], 'turn': 1, 'language': 'English', 'openai_moderation': [{'flagged': False}], 'redacted': False}), 12, ONE)
case('wildchat', 'wc.jsonl', jl(lambda i: {'conversation_hash': f'{i:032x}', 'model': 'gpt-4', 'timestamp': '2023-04-09T00:00:00', 'conversation': [{'content': q(i), 'country': 'X', 'language': 'English', 'redacted': False, 'role': 'user', 'toxic': False, 'turn_identifier': 1}, {'content': a(i), 'role': 'assistant', 'redacted': False, 'toxic': False, 'country': None}], 'turn': 1, 'toxic': False}), 12, ONE)
case('self-instruct', 'si.jsonl', jl(lambda i: {'id': f'seed_task_{i}', 'name': 'n', 'instruction': q(i), 'instances': [{'input': '', 'output': a(i)}], 'is_classification': False}), 12, ONE)
case('natural instructions', 'task001.json', json.dumps({'Contributors': ['x'], 'Source': ['y'], 'Definition': [q(0)], 'Positive Examples': [{'input': 'b', 'output': 'c', 'explanation': 'd'}], 'Negative Examples': [], 'Instances': [{'id': f't-{i}', 'input': f'Street {i} is long.', 'output': [a(i)]} for i in range(12)]}).encode(), 12, ('', ((q(0), 'Street 0 is long.', a(0)),)))
case('coqa raw', 'coqa-train.json', json.dumps({'version': '1.0', 'data': [{'source': 'wiki', 'id': f'x{i}', 'filename': 'f', 'story': f'Lamp {i} lies.', 'questions': [{'input_text': q(i), 'turn_id': 1}, {'input_text': 'Why?', 'turn_id': 2}], 'answers': [{'span_start': 0, 'span_end': 3, 'span_text': 'Lamp', 'input_text': a(i), 'turn_id': 1}, {'span_text': 'x', 'input_text': 'Because.', 'turn_id': 2}]} for i in range(12)]}).encode(), 12, ('', ((q(0), 'Lamp 0 lies.', a(0)), ('Why?', 'Because.'))))
case('dailydialog', 'dd.jsonl', jl(lambda i: {'dialog': [q(i), a(i), 'Thanks .', 'Sure .'], 'act': [2, 1, 1, 1], 'emotion': [0, 0, 4, 0]}), 12, ('', ((q(0), a(0)), ('Thanks .', 'Sure .'))))
case('glaive function calling', 'glaive.json', js(lambda i: {'system': 'SYSTEM: You are a helpful assistant.', 'chat': f'USER: {q(i)}\n\n\nASSISTANT: {a(i)} <|endoftext|>\n\n\n'}), 12, ('You are a helpful assistant.', ((q(0), a(0)),)))
case('llama-index / rag eval', 'rag.csv', cs(['user_input', 'reference_contexts', 'reference', 'synthesizer_name'], lambda i: [q(i), "['The shop.']", a(i), 'single_hop']), None, guess=None)
case('ragas old', 'ragas.jsonl', jl(lambda i: {'question': q(i), 'contexts': ['The shop.'], 'answer': a(i), 'ground_truth': a(i)}), 12, ONE, guess='instruct')
case('ms-swift query response history', 'sw.jsonl', jl(lambda i: {'system': 'S.', 'query': q(i), 'response': a(i), 'history': [['Hi', 'Ho']]}), 12, ('S.', (('Hi', 'Ho'), (q(0), a(0)))))
case('belle', 'belle.json', jl(lambda i: {'instruction': f'第{i}盏灯在哪里？', 'input': '', 'output': f'在第{i}个架子上。'}), 12, ('', (('第0盏灯在哪里？', '在第0个架子上。'),)))
case('firefly', 'ff.jsonl', jl(lambda i: {'kind': 'OpenQA', 'input': q(i), 'target': a(i)}), 12, ONE)
case('moss', 'moss.json', js(lambda i: {'conversation_id': i, 'meta_instruction': 'You are MOSS.', 'num_turns': 1, 'chat': {'turn_1': {'Human': f'<|Human|>: {q(i)}<eoh>\n', 'Inner Thoughts': '<|Inner Thoughts|>: None<eot>\n', 'Commands': '<|Commands|>: None<eoc>\n', 'Tool Responses': '<|Results|>: None<eor>\n', 'MOSS': f'<|MOSS|>: {a(i)}<eom>\n'}}}), 12, ('You are MOSS.', ((q(0), a(0)),)))
# ---- translation, summaries: nobody can say which is the question
case('translation columns', 'en-de.csv', cs(['en', 'de'], lambda i: [q(i), f'Wo ist Lampe {i}?']), None, guess=None)
case('translation object', 'wmt.jsonl', jl(lambda i: {'translation': {'de': f'Wo ist Lampe {i}?', 'en': q(i)}}), None, guess=None)
case('translation opus100 parquet', 'opus.parquet', pqt(lambda i: {'translation': {'de': f'Wo ist Lampe {i}?', 'en': q(i)}}), None, guess=None)
case('tatoeba tsv', 'deu.txt', ''.join(f'Where is lamp {i}?\tWo ist Lampe {i}?\tCC-BY 2.0 (France) Attribution: tatoeba.org #{i}\n' for i in range(12)).encode(), None, guess=None)
case('alpaca translation with prompt', 'tr.jsonl', jl(lambda i: {'instruction': 'Translate to German.', 'input': q(i), 'output': f'Wo ist Lampe {i}?'}, 30), 30, ('', (('Translate to German.', q(0), 'Wo ist Lampe 0?'),)))
case('cnn dailymail', 'cnn.csv', cs(['id', 'article', 'highlights'], lambda i: [f'{i:040x}', f'A long article about lamp {i}. It lies on a shelf.', f'Lamp {i} lies.']), None, guess=None)
case('xsum', 'xsum.jsonl', jl(lambda i: {'document': f'A long article about lamp {i}.', 'summary': f'Lamp {i}.', 'id': str(i)}), None, guess=None)
case('samsum', 'samsum.json', js(lambda i: {'id': str(i), 'summary': f'Amanda keeps lamp {i}.', 'dialogue': f'Amanda: I have lamp {i}.\r\nJerry: Where?'}), None, guess=None)
# ---- tables with messages in cells


def M(i):
    return [{"role": "user", "content": q(i)}, {"role": "assistant", "content": a(i)}]


case('parquet nested', 'n.parquet', pqt(lambda i: {'messages': M(i), 'source': 'x'}), 12, ONE)
case('csv json string', 'm.csv', cs(['id', 'messages'], lambda i: [i, json.dumps(M(i))]), 12, ONE)
case('csv python repr', 'm.csv', cs(['id', 'messages'], lambda i: [i, repr(M(i))]), 12, ONE)
case('csv numpy repr', 'm.csv', cs(['messages', 'source'], lambda i: ['[' + '\n '.join(map(repr, M(i))) + ']', 'x']), 12, ONE)
case('csv numpy array repr', 'm.csv', cs(['conversation', 'source'], lambda i: ['array([' + ',\n       '.join(map(repr, M(i))) + '], dtype=object)', 'x']), 12, ONE)
case('csv with odd apostrophes in python repr', 'm.csv', cs(['conversations'], lambda i: [repr([{'from': 'human', 'value': f"""What's "lamp" {i}?\nSay"""}, {'from': 'gpt', 'value': "It's\ta lamp."}])]), 12, ('', (('What\'s "lamp" 0?\nSay', "It's\ta lamp."),)))
case('jsonl messages as string', 'm.jsonl', jl(lambda i: {'messages': json.dumps(M(i))}), 12, ONE)
case('csv system,user,assistant', 'sua.csv', cs(['system', 'user', 'assistant'], lambda i: ['You sell.', q(i), a(i)]), 12, ('You sell.', ((q(0), a(0)),)))
case('csv role,content flat', 'flat.csv', cs(['conversation_id', 'role', 'content'], lambda i: [i // 2, 'user' if i % 2 == 0 else 'assistant', q(i // 2) if i % 2 == 0 else a(i // 2)], 24), 12, ONE, guess=None)
case('jsonl one message a line', 'flat.jsonl', jl(lambda i: {'role': 'user' if i % 2 == 0 else 'assistant', 'content': q(i // 2) if i % 2 == 0 else a(i // 2)}, 24), None, notices=('single_messages',), guess=None)
# ---- marked texts
case('vicuna text', 'v.jsonl', jl(lambda i: {'text': f'A chat between a curious user and an artificial intelligence assistant. USER: {q(i)} ASSISTANT: {a(i)}</s>USER: Why? ASSISTANT: Because.</s>'}), 12, ('A chat between a curious user and an artificial intelligence assistant.', ((q(0), a(0)), ('Why?', 'Because.'))), guess=None)
case('chatml text', 'c.jsonl', jl(lambda i: {'text': f'<|im_start|>system\nSell.<|im_end|>\n<|im_start|>user\n{q(i)}<|im_end|>\n<|im_start|>assistant\n{a(i)}<|im_end|>\n'}), 12, ('Sell.', ((q(0), a(0)),)), guess=None)
case('llama-2 text', 'l2.jsonl', jl(lambda i: {'text': f'<s>[INST] <<SYS>>\nSell.\n<</SYS>>\n\n{q(i)} [/INST] {a(i)} </s><s>[INST] Why? [/INST] Because. </s>'}), 12, ('Sell.', ((q(0), a(0)), ('Why?', 'Because.'))), guess=None)
case('llama-3 text', 'l3.jsonl', jl(lambda i: {'text': f'<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nSell.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n{q(i)}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n{a(i)}<|eot_id|>'}), 12, ('Sell.', ((q(0), a(0)),)), guess=None)
case('mistral text', 'mi.csv', cs(['text'], lambda i: [f'<s>[INST] {q(i)} [/INST] {a(i)}</s>']), 12, ONE, guess=None)
case('gemma text', 'g.jsonl', jl(lambda i: {'text': f'<bos><start_of_turn>user\n{q(i)}<end_of_turn>\n<start_of_turn>model\n{a(i)}<end_of_turn>\n'}), 12, ONE, guess=None)
case('zephyr text', 'z.jsonl', jl(lambda i: {'text': f'<|system|>\nSell.</s>\n<|user|>\n{q(i)}</s>\n<|assistant|>\n{a(i)}</s>\n'}), 12, ('Sell.', ((q(0), a(0)),)), guess=None)
case('phi-3 text', 'p.jsonl', jl(lambda i: {'text': f'<|user|>\n{q(i)}<|end|>\n<|assistant|>\n{a(i)}<|end|>\n<|endoftext|>'}), 12, ONE, guess=None)
case('oasst prompter text', 'o.jsonl', jl(lambda i: {'text': f'<|prompter|>{q(i)}<|endoftext|><|assistant|>{a(i)}<|endoftext|>'}), 12, ONE, guess=None)
case('guanaco text', 'gu.jsonl', jl(lambda i: {'text': f'### Human: {q(i)}### Assistant: {a(i)}### Human: Why?### Assistant: Because.'}), 12, ('', ((q(0), a(0)), ('Why?', 'Because.'))), guess=None)
case('deepseek text', 'ds.jsonl', jl(lambda i: {'text': f'<｜begin▁of▁sentence｜>Sell.<｜User｜>{q(i)}<｜Assistant｜>{a(i)}<｜end▁of▁sentence｜>'}), 12, ('Sell.', ((q(0), a(0)),)), guess=None)
case('command-r text', 'cr.jsonl', jl(lambda i: {'text': f'<BOS_TOKEN><|START_OF_TURN_TOKEN|><|USER_TOKEN|>{q(i)}<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{a(i)}<|END_OF_TURN_TOKEN|>'}), 12, ONE, guess=None)
case('llama-4 text', 'l4.jsonl', jl(lambda i: {'text': f'<|begin_of_text|><|header_start|>user<|header_end|>\n\n{q(i)}<|eot|><|header_start|>assistant<|header_end|>\n\n{a(i)}<|eot|>'}), 12, ONE, guess=None)
case('granite text', 'gr.jsonl', jl(lambda i: {'text': f'<|start_of_role|>user<|end_of_role|>{q(i)}<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>{a(i)}<|end_of_text|>\n'}), 12, ONE, guess=None)
case('harmony text', 'ha.jsonl', jl(lambda i: {'text': f'<|start|>system<|message|>Sell.<|end|><|start|>user<|message|>{q(i)}<|end|><|start|>assistant<|channel|>final<|message|>{a(i)}<|return|>'}), 12, ('Sell.', ((q(0), a(0)),)), guess=None)
case('text file of chatml', 'chat.txt', ''.join(f'<|im_start|>user\n{q(i)}<|im_end|>\n<|im_start|>assistant\n{a(i)}<|im_end|>\n\n' for i in range(12)).encode(), None, guess=None)


# ---- exports
def node(i, parent, child, role=None, text=None):
    return {
        "id": i,
        "message": None
        if role is None
        else {
            "id": i,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": 1.0,
            "content": {"content_type": "text", "parts": [text]},
            "status": "finished_successfully",
            "end_turn": True,
            "weight": 1.0,
            "metadata": {},
            "recipient": "all",
        },
        "parent": parent,
        "children": child,
    }


def chatgpt(i):
    return {
        "title": f"Lamp {i}",
        "create_time": 1700000000.1,
        "update_time": 1700000001.1,
        "mapping": {
            "r": node("r", None, ["s"]),
            "s": node("s", "r", ["u"], "system", ""),
            "u": node("u", "s", ["b", "c"], "user", q(i)),
            "b": node("b", "u", [], "assistant", "First try."),
            "c": node("c", "u", [], "assistant", a(i)),
        },
        "moderation_results": [],
        "current_node": "c",
        "conversation_id": f"{i}-x",
    }


case('chatgpt export', 'conversations.json', js(chatgpt), 12, ONE, notices=('other_branches',))
case('chatgpt export, earlier branch is current', 'conversations.json', js(lambda i: chatgpt(i) | {'current_node': 'b'}), 12, ('', ((q(0), 'First try.'),)), notices=('other_branches',))
case('claude export', 'conversations.json', js(lambda i: {'uuid': f'{i}-u', 'name': f'Lamp {i}', 'created_at': '2024-01-01T00:00:00Z', 'updated_at': '2024-01-01T00:00:00Z', 'account': {'uuid': 'x'}, 'chat_messages': [{'uuid': 'm1', 'text': q(i), 'content': [{'type': 'text', 'text': q(i)}], 'sender': 'human', 'created_at': '2024', 'attachments': [], 'files': []}, {'uuid': 'm2', 'text': a(i), 'content': [{'type': 'text', 'text': a(i)}], 'sender': 'assistant', 'created_at': '2024', 'attachments': [], 'files': []}]}), 12, ONE)
case('chatgpt zip', 'export.zip', {'conversations.json': js(chatgpt), 'user.json': b'{"id": "u", "email": "a@b.c"}', 'message_feedback.json': b'[]', 'chat.html': b'<html><body>x</body></html>'}, 12, ONE)
case('telegram', 'result.json', json.dumps({'name': 'Anna', 'type': 'personal_chat', 'id': 7, 'messages': [{'id': i, 'type': 'message', 'date': '2023-01-01T10:00:00', 'date_unixtime': '1', 'from': ['Anna', 'Ben'][i % 2], 'from_id': f'user{i % 2}', 'text': [f'hello {i}', {'type': 'link', 'text': 'https://x'}] if i == 2 else f'hello {i}', 'text_entities': []} for i in range(12)]}).encode(), 0, left_out=1, notices=('unknown_role',), guess=None)
case('discord json', 'discord.json', json.dumps({'guild': {'id': '1', 'name': 'G'}, 'channel': {'id': '2', 'name': 'general'}, 'messages': [{'id': str(i), 'type': 'Default', 'timestamp': '2023-01-01T00:00:00', 'content': f'hello {i}', 'author': {'id': '1', 'name': ['anna', 'ben'][i % 2], 'isBot': False}, 'attachments': [], 'reactions': []} for i in range(12)], 'messageCount': 12}).encode(), 0, left_out=1, notices=('unknown_role',), guess=None)
case('slack channel', '2023-01-01.json', js(lambda i: {'client_msg_id': f'{i}', 'type': 'message', 'user': f'U{i % 2}', 'text': f'hello {i}', 'ts': f'16{i}.0', 'team': 'T'}), None, guess=None)
case('whatsapp', '_chat.txt', ('[12/03/2023, 14:05:09] Anna: \u200eMessages are end-to-end encrypted.\n' + ''.join(f"[12/03/2023, 14:0{i % 10}:09] {['Anna', 'Ben'][i % 2]}: hello number {i}\n" for i in range(12))).encode(), None, guess=None)


# ---- OASST flat
def oasst(i):
    return [
        {
            "message_id": f"p{i}",
            "parent_id": None,
            "user_id": "u",
            "text": q(i),
            "role": "prompter",
            "lang": "en",
            "review_count": 3,
            "review_result": True,
            "deleted": False,
            "rank": None,
            "synthetic": False,
            "message_tree_id": f"p{i}",
            "tree_state": "ready_for_export",
        },
        {
            "message_id": f"b{i}",
            "parent_id": f"p{i}",
            "user_id": "v",
            "text": "Nowhere.",
            "role": "assistant",
            "lang": "en",
            "deleted": False,
            "rank": 1,
            "message_tree_id": f"p{i}",
        },
        {
            "message_id": f"a{i}",
            "parent_id": f"p{i}",
            "user_id": "v",
            "text": a(i),
            "role": "assistant",
            "lang": "en",
            "deleted": False,
            "rank": 0,
            "message_tree_id": f"p{i}",
        },
        {
            "message_id": f"w{i}",
            "parent_id": f"a{i}",
            "user_id": "u",
            "text": "Why?",
            "role": "prompter",
            "lang": "en",
            "deleted": False,
            "rank": None,
            "message_tree_id": f"p{i}",
        },
        {
            "message_id": f"z{i}",
            "parent_id": f"w{i}",
            "user_id": "v",
            "text": "Because.",
            "role": "assistant",
            "lang": "en",
            "deleted": False,
            "rank": 0,
            "message_tree_id": f"p{i}",
        },
    ]


flat = [m for i in range(8) for m in oasst(i)]
OA = ("", ((q(0), a(0)), ("Why?", "Because.")))
case('oasst flat jsonl', '2023-04-12_oasst_ready.messages.jsonl', ''.join(json.dumps(m) + '\n' for m in flat).encode(), 8, OA, guess='instruct')
case('oasst flat, out of order, with orphans', 'oasst.jsonl', ''.join(json.dumps(m) + '\n' for m in [{'message_id': 'zz', 'parent_id': 'gone', 'text': 'Lost.', 'role': 'assistant', 'rank': 0}, *reversed(flat)]).encode(), 8, ('', ((q(7), a(7)), ('Why?', 'Because.'))), left_out=1, notices=('orphans', 'single_messages'), guess='instruct')
case('oasst flat parquet', 'train.parquet', pqt(lambda i: flat[i], len(flat)), 8, OA, guess='instruct')
case('oasst flat csv', 'oasst.csv', cs(list(flat[0]), lambda i: [flat[i].get(key) for key in flat[0]], len(flat)), 8, OA, guess='instruct')


def tree(i):
    p, b_, a_, w_, z_ = ({**m, "replies": []} for m in oasst(i))
    w_["replies"], a_["replies"], p["replies"] = [z_], [w_], [b_, a_]
    return {"message_tree_id": p["message_id"], "tree_state": "ready_for_export", "prompt": p}


case('oasst trees', 'oasst.trees.jsonl', jl(tree, 8), 8, OA, notices=('other_branches',))
