"""The six tours, in the order of the stages of the Overview's map."""

from ui.tours.finetune import TOUR as FINETUNE
from ui.tours.induction import TOUR as INDUCTION
from ui.tours.loss import TOUR as LOSS
from ui.tours.overfit import TOUR as OVERFIT
from ui.tours.scores import TOUR as ATTENTION
from ui.tours.tokens import TOUR as TOKENS

TOURS = {tour.name: tour for tour in (TOKENS, ATTENTION, LOSS, OVERFIT, INDUCTION, FINETUNE)}
