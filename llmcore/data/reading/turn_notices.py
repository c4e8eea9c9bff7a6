"""What the report says of rows that instructions are read from, by kind."""

# Why a row is left out, and what was changed in one that is taken. Counted by kind.
LEFT_OUT = {
    "no_question": "{rows} without a question {were} left out",
    "no_answer": "{rows} without an answer {were} left out",
    "no_pair": "{rows} without an answer to any question {were} left out",
    "no_messages": "{rows} without a list of messages in {column} {were} left out",
    "no_message": "{rows} with an entry of {column} that is no message {were} left out",
    "no_text_in_message": "{rows} with a message whose content is no text {were} left out",
    "unknown_role": "{rows} with a message of the role {role} {were} left out (known roles are "
    "system, user and assistant, and their usual other names)",
    "only_tools": "{rows} that call a tool before the first answer {were} left out",
    "only_weight_0": "{rows} {were} left out: all answers have the weight 0, not to be learned",
    "objects": "{rows} {were} left out: a chosen column holds an object or a list that is no text",
    "marked_bad": "{rows} that {mark} marks as bad {were} left out",
    "too_long": "{rows} with more than {most} characters {were} left out",
    "too_many": "{rows} beyond the first {most} {were} left out",
    "bad_history": "{rows} {were} left out: their history is no list of questions with answers",
    "no_examples": "{rows} without a list of examples in {column} {were} left out",
}
CHANGED = {
    "tools": "{conversations} {were} cut before the first call of a tool",
    "system_inside": "{conversations} {were} cut before a system text that follows an answer",
    "blank_questions": "{conversations} {were} cut before a question without text",
    "two_weights": "{conversations} {were} cut before answers of different weights in a row",
    "leading_answers": "{answers} that no question precedes {were} dropped",
    "empty_answers": "{questions} with an empty answer {were} dropped",
    "open_questions": "{questions} at the end that nobody answers {were} dropped",
    "joined": "{messages} {were} joined to the one before, which has the same role",
    "system_answers": "{conversations} between user and system {were} read with the system's texts "
    "as answers",
    "question_lists": "{rows} with a list of questions and one of answers {were} read in pairs",
    "weight_0": "{answers} of weight 0 {are} read and not learned",
    "weight_0_end": "{answers} of weight 0 at the end of a conversation {were} dropped",
    "weights": "{weights} other than 0 and 1 {were} read as 1",
    "pictures": "{pictures} (or other files) in messages {were} left out: only the text is learned",
    "other_parts": "{parts} of messages that {are} no text {were} left out",
    "other_branches": "{replies} beside the one that is followed {were} left out",
    "several_answers": "{rows} {have} several answers: the first is learned",
    "rated_answers": "{rows} {have} several answers: the accepted or best rated one is learned",
    "prompt_within": "{answers} {were} learned without the question that they begin with",
    "marked_questions": "{questions} {were} cut into turns at their marks of who speaks",
    "missing": "{cells} with a word for a missing value (nan, none, …) {were} read as empty",
    "no_input": "{inputs} with a word for none (nan, no input, …) {were} read as empty",
    "joined_inputs": "{inputs} that {are} lists of texts {were} joined by line ends",
    "surplus_question": "{rows} {have} more cells than columns: question and answer were parted "
    "behind the question mark",
    "surplus": "{rows} {have} more cells than columns: the surplus was joined to {column}",
    "kept_word": "{answers} {are} a word such as none: learned as they are, since answers are few",
}
