"""How passengers ask: for each intent one pattern a line (see phrases.py).

The lines below a `--` are held out whole: no training question is made from them.
"""

QUESTIONS = {
    "change-date": """
        [Can|Could] I move booking {code} from {date} to {date2}? [I have|It is] a {fare} ticket.
        I [want|need] to change booking {code} to {date2}. My fare is {fare}.
        What [does it cost|would it cost|do I pay] to move {code} to {date2} with a {fare} ticket?
        My plans changed: [please move|can you move] {code} to {date2}. The ticket is {fare}.
        [How do I|How can I] change the date of {code} from {date} to {date2}? I booked {fare}.
        I can't [fly|travel] on {date} any more. Can {code}, a {fare} ticket, go to {date2}?
        need to move {code} to {date2}, {fare} fare
        new date for booking {code} please: {date2} instead of {date}. [It's|That is] {fare}.
        Is it possible to [fly|travel] on {date2} instead of {date}? Booking {code}, {fare} fare.
        Please [change|switch] the date on {code} to {date2}. I [have|bought] a {fare} ticket.
        I booked {date} by mistake, it should be {date2}. The code is {code}, fare {fare}.
        What is the change fee if I [move|shift] my {fare} ticket {code} to {date2}?
        With {fare}, how much is it to change the day of {code} to {date2}?
        [Something came up|My meeting moved] and I must fly on {date2}. Booking {code} is {fare}.
        change of date for {code} ({fare}) to {date2}, what will it cost
        I would rather fly on {date2}. Booking {code} is a {fare} ticket.
        Is there a fee for moving {code}, {fare} fare, to {date2}?
        My boss wants me to stay until {date2}. How do I change {code}? It's {fare}.
        Let me travel on {date2} and not on {date}. The booking is {code} in {fare}.
        [Can|May] a {fare} ticket be moved? I'd like {code} on {date2}.
        We want to go later, on {date2}. Our booking {code} is {fare}.
        I have to postpone my trip {code} to {date2}. I paid for {fare}.
        My {fare} booking {code} is for {date}. Could it be for {date2}?
        {code} must be on another day: {date2}. The fare is {fare}.
        What happens if I change {code} ({fare}) from {date} to {date2}?
        --
        [Could|Can] we push {code} back to {date2}? We are on a {fare} fare.
        I [would like|'d like] another day for {code}, namely {date2}; it is a {fare} ticket.
        The {date} flight no longer suits me. Change {code} ({fare}) to {date2}, please.
        how much to reschedule {code} to {date2} on {fare}
    """,
    "cancel": """
        I [want|need|have] to cancel booking {code}. I have a {fare} ticket.
        [How do I|How can I] cancel {code}? It is a {fare} fare.
        What do I get back if I cancel {code} with a {fare} ticket?
        Please cancel booking {code}. [The fare is|I booked] {fare}.
        cancel {code}, {fare} ticket, what do I get back
        I can't travel any more. Can I cancel {code}? My ticket is {fare}.
        If I cancel my {fare} booking {code}, how much money [comes back|is returned|do I get]?
        I [fell ill|am ill|broke my leg] and have to cancel {code}. It was a {fare} fare.
        We are not going after all. How do we cancel {code} ({fare})?
        Is a {fare} ticket refunded when I cancel? The booking is {code}.
        [Can|Could] you tell me what is refunded if I cancel {code}? Fare: {fare}.
        cancelling {code} on a {fare} fare, is there any money back
        I no longer need the flights in {code}. It is {fare}. What is paid back?
        My trip is off. What happens to the money for {code}, a {fare} ticket?
        [What are|Tell me] the rules for cancelling {code} in {fare}.
        I changed my mind. Cancel {code} please, it's {fare}.
        How much is refunded for {fare} if I don't fly with {code}?
        I want my money back for {code}. It is a {fare} ticket.
        My {fare} ticket {code} is of no use to me now. Can I cancel it?
        Can booking {code} be cancelled? The fare was {fare}.
        Please take back my booking {code}. I have {fare}.
        The wedding is off, so I'd like to cancel {code}, {fare} fare.
        Is it possible to get a refund for {code} in {fare}?
        We will not make the trip {code}. Fare {fare}. What do we get?
        --
        I'd like to call off my trip, booking {code}, {fare} fare.
        We must drop booking {code}. How much of the {fare} fare do we see again?
        Do I lose my money if I give up {code}? I paid for {fare}.
        {code} is {fare}. Cancellation terms please.
    """,
    "baggage": """
        [How much luggage|How many bags] can I take to {city} with a {fare} ticket?
        What [luggage|baggage] is included in {fare} to {city}?
        I [fly|am flying] to {city} on a {fare} fare. How many bags are included?
        What can I bring to {city}? I have a {fare} ticket.
        Does {fare} to {city} include a [checked bag|suitcase]?
        bags included with {fare} to {city}
        [Can|May] I check in a suitcase to {city} with {fare}?
        What is the baggage allowance for {city} in {fare}?
        How many suitcases may I [check in|bring] on my {fare} ticket to {city}?
        I am packing for {city}. My fare is {fare}: what may I take?
        For my trip to {city} I bought {fare}. Is luggage included?
        Is there any free baggage on a {fare} ticket to {city}?
        luggage allowance {fare} please, flying to {city}
        How heavy may my bags be? I travel to {city} with {fare}.
        Which bags come with a {fare} ticket to {city}?
        I'd like to know what I may carry to {city} in {fare}.
        Can I take two suitcases to {city} on a {fare} fare?
        May I bring a backpack and a suitcase to {city}? It's {fare}.
        Our family goes to {city} with {fare}. What luggage is free?
        {city}, {fare} ticket: how many kilos of luggage?
        What size of bag does {fare} allow on the way to {city}?
        Do I have to pay for a suitcase to {city} if I have {fare}?
        I only found a {fare} fare to {city}. Does it include bags?
        Please explain the baggage rules of {fare} for a trip to {city}.
        --
        What am I allowed to pack for {city} on {fare}?
        Going to {city} with a {fare} fare, which bags are free?
        Tell me the luggage limit for {fare}, destination {city}.
        How much stuff fits into a {fare} ticket to {city}?
    """,
    "overweight": """
        My [bag|suitcase] weighs {kilos} kilos. Is that [okay|a problem] on {flight}?
        Can I take a [bag|suitcase] of {kilos} kilos on {flight}?
        What does a {kilos} kilo [bag|suitcase] cost on flight {flight}?
        [The scale says|My scale shows] {kilos} kilos. [May|Can] I bring this suitcase on {flight}?
        {flight}, my suitcase is {kilos} kilos, do I pay extra
        Is a [bag|suitcase] of {kilos} kilos too heavy for {flight}?
        Do I [have to|need to] pay for {kilos} kilos on {flight}?
        I packed {kilos} kilos in one [bag|suitcase] for {flight}. Is there a charge?
        How much is it if my bag on {flight} weighs {kilos} kilos?
        My luggage for {flight} weighs {kilos} kilos. What now?
        suitcase {kilos} kilos flight {flight} how much
        I fly on {flight} and my bag is {kilos} kilos. Will you accept it?
        I weighed my luggage: {kilos} kilos. What does {flight} charge?
        Will I have to unpack if my bag has {kilos} kilos on {flight}?
        On {flight} I want to bring a trunk of {kilos} kilos. Is it possible?
        Does a bag with {kilos} kilos cost extra on {flight}?
        My wife's suitcase is {kilos} kilos. We are on {flight}. What do we pay?
        How do you treat a bag of {kilos} kilos on {flight}?
        Would {kilos} kilos be accepted at the desk for {flight}?
        What is the fee for overweight on {flight}? I have {kilos} kilos.
        The bag is {kilos} kilos heavy. May it fly on {flight}?
        --
        There are {kilos} kilos in my suitcase. Does {flight} take that?
        Weight of my bag: {kilos} kilos, flight {flight}. What is the charge?
        Am I over the limit with {kilos} kilos on {flight}?
    """,
    "extra-bag": """
        I [want|need|would like] to add a bag to booking {code}. What does it cost?
        How much is [an extra|another|a second] [bag|suitcase] on {code}?
        Can I add [luggage|a suitcase|a bag] to {code}?
        Please add [a|one more] bag to booking {code}.
        extra bag for {code}, price please
        What is the price of an [additional|extra] suitcase for booking {code}?
        [How do I|Where can I] buy extra luggage for {code}?
        I bought too much, so I need one more bag on {code}.
        We want to bring another suitcase. Our booking is {code}.
        Is it cheaper to add a bag to {code} online?
        My booking {code} needs one more suitcase. How much is that?
        add luggage {code}
        We need more luggage on {code}. What is the charge?
        I'd like to book one additional bag for {code}.
        May I bring a second suitcase on booking {code}?
        Where can I pay for another bag on {code}?
        My suitcase is too small, can I get another one on {code}?
        What do you charge for an added bag on {code}?
        Put one more piece of luggage on {code} please.
        We are bringing gifts and need an extra suitcase for {code}.
        price of a further suitcase on {code}
        --
        One suitcase is not enough for us: can {code} get another?
        What would I pay for a further bag on {code}?
        I'd like to bring more luggage than I booked in {code}.
    """,
    "check-in-opens": """
        When [does|will] check-in [open|start] for {flight} on {date}?
        From when can I check in for {flight} on {date}?
        How early can I check in online for flight {flight} on {date}?
        I [can't|cannot] check in for {flight} on {date} yet. When does it open?
        {flight} {date}, when can I check in
        [Can|May] I already check in for {flight}? I fly on {date}.
        What time does online check-in open for {flight} of {date}?
        I'm on {flight} on {date}. When is online check-in possible?
        The app says it is too early to check in for {flight} on {date}. When can I?
        online check-in {flight} on {date}, from when
        Please tell me when I can check in for {flight} on {date}.
        When may I get my boarding pass online for {flight} on {date}?
        I want to check in for {flight} on {date} as early as possible.
        On which day does check-in begin for {flight} of {date}?
        How many hours before can I check in for {flight} on {date}?
        My flight is {flight} on {date}. Is check-in open already?
        Why can't I check in for {flight} on {date} now?
        When is the earliest check-in for {flight} on {date}?
        Check-in for {flight} on {date} doesn't work yet. When will it?
        Let me know from when check-in is open for {flight}, {date}.
        We fly on {date} with {flight} and would like to check in soon. When?
        --
        How long before {flight} on {date} can I start checking in?
        Is it too soon to check in for {flight}? It leaves on {date}.
        Opening of check-in for {flight} on {date}, please?
    """,
    "check-in-closes": """
        When does check-in close for {flight}?
        What is the latest time to check in for flight {flight}?
        How late can I check in for {flight}?
        Until when is check-in open for {flight}?
        I am [late|running late] for {flight}. Until when can I check in?
        {flight}, when does check-in end
        By when [must|should] I check in for {flight}?
        When do the check-in desks close for {flight}?
        How long before {flight} leaves must I be at check-in?
        What is the check-in deadline of {flight}?
        check-in closing time for {flight} please
        I'm stuck in traffic and fly on {flight}. When is check-in over?
        What's the last moment to check in for {flight}?
        Is it enough to be at check-in an hour before {flight}?
        How much time before {flight} does check-in end?
        Tell me the latest check-in time of {flight}.
        Can I still check in for {flight} half an hour before it leaves?
        The taxi is slow. When does the desk for {flight} shut?
        We might be late for {flight}. How long is check-in open?
        until when do you accept passengers for {flight} at check-in
        By what time do I have to be checked in for {flight}?
        --
        Will I still be able to check in for {flight} if I come at the last minute?
        When is it too late to check in for {flight}?
        At what time do you stop checking in for {flight}?
    """,
    "boarding-pass": """
        I [lost|deleted|can't find] my boarding pass for {flight}. My name is {name}.
        Please send the boarding pass of {name} for {flight} again.
        [Can|Could] you resend my boarding pass for {flight}? Name: {name}.
        boarding pass for {flight} did not arrive, passenger {name}
        My boarding pass for flight {flight} [never came|is gone|has vanished]. I'm {name}.
        I checked in for {flight} but got no boarding pass. The name is {name}.
        {name} needs the boarding pass for {flight} again.
        Where is my boarding pass for {flight}? {name} here.
        The e-mail with the boarding pass for {flight} is missing. Passenger: {name}.
        I need a new copy of the boarding pass for {flight}, for {name}.
        We did not get the boarding pass of {name} for {flight}.
        I need my boarding pass for {flight} once again. {name}.
        Please mail me the boarding pass of {flight}. I am {name}.
        The app lost my boarding pass for {flight}. My name is {name}.
        Could you send {name} a new boarding pass for {flight}?
        I did not receive any boarding pass for {flight}. Passenger {name}.
        How do I get my boarding pass for {flight} back? {name} is my name.
        {name} here, where can I find the boarding pass for {flight}?
        My phone broke and the boarding pass for {flight} was on it. I'm {name}.
        resend boarding pass {flight} for {name}
        --
        Could the boarding pass for {flight} be mailed to {name} once more?
        No boarding pass yet for {name} on {flight}, can you help?
        I threw away my boarding pass by accident: {flight}, {name}.
    """,
    "status": """
        Is {flight} on {date} on time?
        What is the status of flight {flight} on {date}?
        Will {flight} on {date} [leave|depart|arrive|land] on time?
        [Is there|Do you expect] a delay for {flight} on {date}?
        status {flight} {date}
        When [does|will] {flight} of {date} [land|arrive]?
        I'm picking up a friend from {flight} on {date}. Is it [late|on time]?
        Has {flight} of {date} already [left|landed|taken off]?
        Which gate does {flight} leave from on {date}?
        Do you have any news about {flight} on {date}?
        How late is {flight} on {date}?
        My mother is on {flight} on {date}. When does she land?
        I'd like to know whether {flight} on {date} is delayed.
        Does {flight} fly as planned on {date}?
        What time does {flight} land on {date}?
        Where can I see if {flight} is late on {date}?
        Is there any change to {flight} on {date}?
        I am meeting someone who comes with {flight} on {date}. Is it in time?
        Please check {flight} of {date} for me.
        From which terminal does {flight} depart on {date}?
        How do I find out when {flight} arrives on {date}?
        Any delay on {flight}, {date}?
        --
        Can you look up for me how {flight} is doing on {date}?
        Is everything running to plan with {flight} on {date}?
        I would like to follow {flight} on {date} live.
    """,
    "delay": """
        [Flight|My flight] {flight} is {hours} late. What do I get?
        {flight} was delayed by {hours}. Do I get [money|something|compensation]?
        We have been waiting {hours} for {flight}. What are we owed?
        What compensation is there for a delay of {hours} on {flight}?
        {flight} delayed {hours}, what am I entitled to
        Our flight {flight} [left|landed|arrived] {hours} late. Do you pay for that?
        I arrived {hours} late with {flight}. What can I claim?
        The delay of {flight} is now {hours}. Is there a voucher?
        I [want|would like] compensation: {flight} was {hours} late.
        {flight} is late by {hours}. Do we get something to eat?
        I lost {hours} because of {flight}. What do you offer?
        Is there anything for passengers of {flight} after {hours} of waiting?
        After {hours} of waiting for {flight}, what do you give us?
        My plane {flight} came {hours} late. Is there compensation?
        {flight} took off {hours} later than planned. What do I get for it?
        Do passengers of {flight} get anything for {hours} of delay?
        How much money is there for {hours} of delay with {flight}?
        We are angry: {flight} is {hours} late. What now?
        Because {flight} was {hours} late I missed a meeting. Do you pay?
        The board says that {flight} leaves {hours} late. Do we get food?
        I ask for compensation for {flight}, which was delayed {hours}.
        --
        We sat at the gate for {hours} because {flight} did not leave. What is our right?
        What do you give people whose {flight} runs {hours} behind?
        {hours} of delay on {flight}: what is due to me?
    """,
    "cancelled-flight": """
        My flight {flight} on {date} was cancelled. My booking is {code}. What now?
        You cancelled {flight} on {date}. What happens with {code}?
        {flight} of {date} is cancelled, what can I do with booking {code}
        I just read that {flight} on {date} does not fly. I have booking {code}.
        What are my options now that {flight} on {date} is cancelled? Code {code}.
        The flight {flight} has been cancelled and I'm booked on it with {code}.
        I got a message that {flight} is cancelled. Can you rebook {code}?
        We were to fly with {flight} on {date}, but it's cancelled. Booking {code}.
        Since {flight} was cancelled, do I get my money back for {code}?
        Why was {flight} on {date} cancelled, and what about {code}?
        your airline cancelled {flight}. i need help with {code}
        Our flight {flight} was cancelled this morning. We have booking {code}.
        Please rebook me, {flight} on {date} is cancelled. Code {code}.
        I was told that {flight} is cancelled. My code is {code}. What can I do?
        The app shows {flight} on {date} as cancelled. I booked under {code}.
        Can I get another flight instead of the cancelled {flight}? Booking {code}.
        What do you offer when a flight is cancelled? It was {flight}, code {code}.
        Because of the storm {flight} was cancelled. How do we go on with {code}?
        {flight} cancelled, refund for {code}?
        Is it true that {flight} on {date} is cancelled? What about {code}?
        You have cancelled my flight {flight}. I want to rebook {code}.
        --
        {flight} has been taken off the plan for {date}. What about my booking {code}?
        There is no {flight} on {date} any more. How do you help with {code}?
        I hear that {flight} won't fly. I hold booking {code}.
    """,
    "missed-connection": """
        I missed my connection in {city}. I'm on my way to {city2}.
        We [missed|won't make] the connecting flight in {city} to {city2}. What now?
        My first flight was late and I missed the flight from {city} to {city2}.
        I'm stuck in {city} because I missed my flight to {city2}.
        missed connection in {city}, need to get to {city2}
        My connection in {city} left without me. How do I get to {city2}?
        [What do I do|What happens] if I miss my connection to {city2} in {city}?
        I was too late for my connecting flight in {city}. I must reach {city2}.
        The plane to {city2} left {city} before I got there. It was a connection.
        We are in {city} and our connection to {city2} is gone.
        I have missed my flight from {city} to {city2}. It was a connection.
        How do I continue to {city2}? I missed the connection in {city}.
        We landed late in {city}. The plane to {city2} had left.
        Where do I go in {city} if I missed the plane to {city2}?
        My plane to {city2} has gone and I'm still in {city}. It was a connection.
        There was too little time in {city}, so I missed the flight to {city2}.
        Please help, I missed my onward flight in {city}. I want to go to {city2}.
        What now? I'm in {city} and the connection to {city2} is missed.
        Because of a delay we missed our flight to {city2}. We are in {city}.
        who helps me in {city}, I missed my connection to {city2}
        Will you rebook me to {city2}? I missed the connection in {city}.
        --
        Our plane reached {city} late, so the one to {city2} was gone.
        Stranded in {city} on the way to {city2} after a missed flight. Help!
        I could not catch the onward flight to {city2} in {city}.
    """,
    "refund-status": """
        Where is my refund of {amount} dollars for {code}?
        I'm [still|] waiting for {amount} dollars for booking {code}.
        When do I get the {amount} dollars back for {code}?
        You owe me {amount} dollars for {code}. When will they come?
        refund {amount} dollars for {code} not here yet
        How long does the refund of {amount} dollars for {code} take?
        My refund for {code}, {amount} dollars, has not arrived.
        The {amount} dollars for booking {code} are not on my account yet.
        I cancelled {code} last week. When are the {amount} dollars paid back?
        When will the money for {code} arrive? It is {amount} dollars.
        Has the refund for {code} been sent? I expect {amount} dollars.
        How long must I wait for {amount} dollars from {code}?
        I returned the ticket {code} and should get {amount} dollars. When?
        Please tell me when the {amount} dollars for {code} come.
        You promised me {amount} dollars for {code}. Nothing has come yet.
        I'd like to ask about my refund of {amount} dollars, booking {code}.
        Is the refund for {code} on its way? It should be {amount} dollars.
        My bank has not received {amount} dollars for {code}.
        When is {amount} dollars refunded for {code}?
        It's been days and the refund for {code} of {amount} dollars is missing.
        --
        I have not seen the {amount} dollars for {code} so far.
        Any news on the {amount} dollars that you should return for {code}?
        How many days until {amount} dollars from {code} reach my bank?
    """,
    "seat": """
        [Can|Could] I have seat {seat} on booking {code}? My fare is {fare}.
        How much is seat {seat} for {code} with a {fare} ticket?
        I [want|would like|'d like] to sit in {seat}. The booking is {code}, fare {fare}.
        Please reserve seat {seat} for {code}. It's a {fare} ticket.
        seat {seat} for {code}, {fare} fare, what does it cost
        Do I pay for choosing seat {seat} with {fare}? My code is {code}.
        What would seat {seat} cost me? I have {fare} and booking {code}.
        Can you change my seat to {seat}? Booking {code} is {fare}.
        Is seat {seat} free of charge in {fare}? I ask for {code}.
        I booked {code} in {fare} and prefer seat {seat}.
        Give me seat {seat} please. {code}, {fare}.
        I'd prefer seat {seat}, please. My code is {code} and my fare {fare}.
        Is it possible to sit in {seat}? Booking {code}, {fare}.
        We want to change to seat {seat} on {code}. We booked {fare}.
        Does seat {seat} cost anything on {code}? The fare is {fare}.
        Please put me in {seat}. I have {fare}, code {code}.
        What do I pay for {seat} on {code} as a {fare} passenger?
        Is {seat} still free on {code}? I travel {fare}.
        I have long legs and want seat {seat}. {fare}, {code}.
        My daughter wants to sit in {seat}. The booking {code} is {fare}.
        Can {code} be moved to seat {seat}? It's {fare}.
        --
        May we pick seat {seat} for {code}? It is a {fare} fare.
        My back hurts, so I need seat {seat}. {code} is a {fare} ticket.
        what's the price for {seat} on {code} in {fare}
    """,
    "pet": """
        Can I [take|bring] my {animal} on {flight}? It weighs {weight} kilos.
        I [want|would like] to travel with my {animal} of {weight} kilos on {flight}.
        What does it cost to fly with a {animal} of {weight} kilos on {flight}?
        My {animal} weighs {weight} kilos. May it come on {flight}?
        {animal}, {weight} kilos, flight {flight}, how does it travel
        Is my {animal} allowed in the cabin of {flight}? It has {weight} kilos.
        How do I book my {animal} on {flight}? It is {weight} kilos.
        We never travel without our {animal}. It weighs {weight} kilos. Can it fly on {flight}?
        Does a {weight} kilo {animal} have to go in the hold on {flight}?
        Do you take pets on {flight}? I have a {animal} of {weight} kilos.
        How much is a ticket for a {animal} with {weight} kilos on {flight}?
        I have a {animal} that weighs {weight} kilos. How does it travel on {flight}?
        May my {animal} sit with me on {flight}? It is {weight} kilos.
        We want to bring our {animal} on {flight}. It weighs {weight} kilos.
        What do I pay for my {animal}, {weight} kilos, on {flight}?
        Is a {animal} of {weight} kilos allowed on board of {flight}?
        Can a {animal} travel on {flight} if it weighs {weight} kilos?
        My daughter takes her {animal} on {flight}. It weighs {weight} kilos. Is that okay?
        Please tell me the price for a {animal} ({weight} kilos) on {flight}.
        My {animal} is {weight} kilos. Cabin or hold on {flight}?
        We fly with {flight} and our {animal} has {weight} kilos. What are the rules?
        --
        Where will my {weight} kilo {animal} travel on {flight}?
        I own a {animal}, {weight} kilos, and would love to have it with me on {flight}.
        Is there room for our {animal} ({weight} kilos) on {flight}?
    """,
    "wheelchair": """
        My [{mother}|friend] {name} needs a wheelchair for {flight}.
        I can't walk far and fly on {flight}. My name is {name}. Can I get a wheelchair?
        Please book a wheelchair for {name} on {flight}.
        Can you help {name} with a wheelchair at the airport for {flight}?
        wheelchair for {name}, flight {flight}
        [How do I|Where can I] order a wheelchair for {name} on flight {flight}?
        {name} has trouble walking. Is there a wheelchair for {flight}?
        We need wheelchair help for {name}, who is on {flight}.
        Is it possible to have a wheelchair ready for {name}? The flight is {flight}.
        My knee was operated on. I'm {name} on {flight} and need a wheelchair.
        Who brings {name} to the plane in a wheelchair? The flight is {flight}.
        {name} uses a wheelchair and flies with {flight}. Can you help?
        I broke my foot. I'm {name} and I'm on {flight}. Is there a wheelchair?
        My {mother} {name} can't walk to the gate of {flight}. We need a wheelchair.
        Could somebody push {name} to {flight} in a wheelchair?
        Please have a wheelchair ready for {flight}. The passenger is {name}.
        Do I have to pay for a wheelchair on {flight}? My name is {name}.
        {name}, who is ninety, flies on {flight} and needs a wheelchair.
        We'd like to ask for a wheelchair for {name} on {flight}.
        I need special help: a wheelchair for {name}, {flight}.
        --
        {name} cannot take the stairs and flies with {flight}. Do you have wheelchairs?
        Walking is hard for {name}. Please have a wheelchair waiting for {flight}.
        Assistance with a wheelchair is needed on {flight} by {name}.
    """,
    "meal": """
        Can I [get|have|order] a {meal} meal on {flight}?
        I [eat|need] {meal} food. Is there something for me on {flight}?
        Please order a {meal} meal for me on {flight}.
        Do you [serve|offer] {meal} meals on flight {flight}?
        {meal} meal on {flight} please
        How do I order a {meal} meal for {flight}?
        I'm on {flight} and would like a {meal} meal.
        Until when can I order {meal} food for {flight}?
        My [wife|husband|son|daughter] needs a {meal} meal on {flight}.
        Is it too late to ask for a {meal} meal on {flight}?
        What do I do to get {meal} food on {flight}?
        I don't eat everything. Is there {meal} food on {flight}?
        Please give me a {meal} meal on {flight}.
        We fly with {flight} and one of us needs a {meal} meal.
        How can I get a {meal} meal on flight {flight}?
        Does {flight} have {meal} food?
        My doctor told me to eat {meal} food. What about {flight}?
        Are {meal} meals possible on {flight}?
        Where do I choose a {meal} meal for {flight}?
        Put me down for a {meal} meal on {flight}.
        is there something {meal} to eat on {flight}
        --
        I hope there is a {meal} dish for me on {flight}.
        For {flight} I would prefer {meal} food, how do I tell you?
        Could the crew of {flight} serve me something {meal}?
    """,
    "child": """
        My [{son}|child] {first} is {age} years old. What ticket [do I need|is right]?
        Do I need a seat for {first}, aged {age}?
        What does a ticket for {first} cost? {He} is {age}.
        We travel with {first}, who is {age} years old. Which fare is it?
        {first} is {age}. Can {he} sit on my lap?
        How do I book a ticket for my [{son}|child] {first}, {age} years old?
        ticket for {first}, age {age}
        Which fare [is there|do you have] for {first}, {age} years of age?
        Does {first} pay the full price at the age of {age}?
        I'm flying with my [{grandson}|{nephew}] {first}, aged {age}. What do we pay?
        Is there a child fare for {first}? {He} is {age} years old.
        Our [{son}|baby] {first} is {age}. Does {he} need a ticket?
        {first} will be {age} years old when we fly. Which ticket?
        We are flying with a child of {age}, {first}. What fare is it?
        How much do you charge for {first}, who is {age}?
        I travel with {first}, {age} years old. Do we need another seat?
        Is {first} at {age} still a child for you?
        Must {first} have a seat at {age}?
        Please tell me what ticket {first} needs, aged {age}.
        At what fare does {first} travel? {He} is {age}.
        what does {first} pay, {he} is {age} years old
        --
        {first} turned {age} last week. What sort of ticket should we buy?
        What must we pay for {first}, who is {age} now?
        How does little {first} fly at {age} years?
    """,
    "alone": """
        Can {first} fly alone to {city}? {He} is {age} years old.
        My {son} {first}, {age}, [must|wants to] travel to {city} without us.
        {first} is {age} and flies to {city} alone. What do we have to do?
        Is {age} old enough for {first} to fly to {city} alone?
        unaccompanied child {first}, {age} years, to {city}
        May a child of {age} travel alone to {city}? {His} name is {first}.
        We want to send {first}, aged {age}, to {city} alone. Is there help?
        Do you look after {first}, {age}, on a flight to {city} without parents?
        {first} visits an aunt in {city}, alone, at {age}. Is that allowed?
        What does the escort for {first} to {city} cost? {He} is {age}.
        Do you take care of {first}? {He} flies to {city} alone and is {age}.
        I want my {son} {first} to fly to {city} without us. {He} is {age}.
        Can you bring {first}, aged {age}, to {city} without {his} parents?
        {first} travels alone to {city} for the first time. {He} is {age} years old.
        What are the rules for {first}, {age} years, alone to {city}?
        From what age can a child fly alone to {city}? {first} is {age}.
        We can't fly with {first} to {city}. {He} is {age}. Can {he} go alone?
        Is there somebody to watch {first} on the way to {city}? {He} is {age} and alone.
        {first} is only {age}. Could {he} fly alone to {city}?
        I'd like to book a flight to {city} for {first} alone, age {age}.
        --
        We cannot come along: may {first}, {age}, go to {city} on {his} own?
        Nobody can accompany {first} to {city}. The age is {age}.
        Our {age} year old {first} would have to get to {city} unaccompanied.
    """,
    "sports": """
        Can I [take|bring] my {gear} on {flight}?
        How much does it cost to [take|bring] a {gear} on {flight}?
        I [want|need] to take a {gear} on flight {flight}.
        What is the price for a {gear} on {flight}?
        {gear} on {flight}, how much
        Is a {gear} allowed on {flight}, and what does it cost?
        We are going on holiday with a {gear}. What do we pay on {flight}?
        How do I book my {gear} on {flight}?
        Do I pay extra for a {gear} on {flight}?
        I fly with {flight} and would like to bring my {gear}.
        Do you carry a {gear} on flight {flight}?
        We have a {gear} with us on {flight}. What is the fee?
        May I bring a {gear} on {flight}?
        Please book my {gear} on {flight}. What does it cost?
        How much do you want for a {gear} on {flight}?
        I travel with a {gear}. What do I pay on {flight}?
        Is my {gear} free on {flight}?
        What about a {gear} on {flight}, is there a price?
        Can a {gear} fly with me on {flight}? How much?
        My brother wants to take his {gear} on {flight}. What's the price?
        --
        My {gear} has to come along on {flight}. What will you charge?
        What should I pay so that my {gear} gets on {flight}?
        Is there a fee for transporting a {gear} with {flight}?
    """,
    "lost-bag": """
        My [bag|suitcase|luggage] did not arrive in {city}. The tag is {tag}.
        I'm in {city} and my suitcase is missing. Tag number {tag}.
        Where is my bag? I landed in {city} and the tag says {tag}.
        [You lost my bag|My bag is lost]. I am in {city}, the tag number is {tag}.
        lost suitcase {tag} in {city}
        The belt in {city} is empty and my bag {tag} is not there.
        What do I do if my luggage is lost? I'm in {city}, tag {tag}.
        My suitcase with the tag {tag} never came out in {city}.
        I waited for an hour in {city} but bag {tag} did not come.
        We are in {city} without our suitcase. Its tag is {tag}.
        Can you find my bag? It has tag {tag} and I am in {city}.
        I have no bag. I came to {city} and my tag is {tag}.
        Our luggage is missing since we came to {city}. Tag {tag}.
        Where do I report a missing bag in {city}? It has the tag {tag}.
        My luggage got lost on the way to {city}. The number is {tag}.
        Bag {tag} has not come out in {city}. What should I do?
        Everyone has their bags but mine is missing. Tag {tag}, I'm in {city}.
        Did my suitcase stay behind? I'm already in {city}. Its tag is {tag}.
        I landed in {city} without my luggage, tag {tag}.
        My bag with tag {tag} did not come with me to {city}.
        Somebody took my suitcase in {city}! Its tag number was {tag}.
        --
        I arrived in {city}, my luggage did not. {tag} is on the tag.
        Please search for {tag}, a suitcase that went missing on the way to {city}.
        All bags are out here in {city}, only mine, {tag}, isn't.
    """,
    "lost-item": """
        I [left|forgot] my {item} at seat {seat} on {flight}.
        My {item} is still on {flight}. I was in seat {seat}.
        Did you find my {item} on {flight}? I sat in {seat}.
        I think I lost my {item} on {flight}, seat {seat}.
        left my {item} on {flight}, seat {seat}
        Where can I ask for my {item}? I left it on {flight}, at seat {seat}.
        Somebody should look for my {item} at {seat} on flight {flight}.
        I got off {flight} without my {item}. My seat was {seat}.
        My {item} must be under seat {seat} of {flight}.
        Has the crew of {flight} found my {item}? I had seat {seat}.
        I have forgotten my {item} on {flight}. The seat was {seat}.
        Has anybody seen my {item}? I sat at {seat} on {flight}.
        I'm looking for my {item}. It's on {flight} near seat {seat}.
        We left a {item} on {flight}. We were at seat {seat}.
        Can the crew look for a {item} at {seat} on {flight}?
        How do I get my {item} back? I lost it on {flight}, at {seat}.
        Was a {item} found on {flight}? I was sitting in {seat}.
        My {item} fell down at seat {seat} on {flight} and I forgot it.
        Please search {flight}, seat {seat}, for my {item}.
        lost {item}, {flight}, {seat}
        --
        When I got home I noticed that my {item} stayed on {flight}. Seat {seat}.
        A {item} was left behind at {seat} on {flight}, it's mine.
        Could the cleaners of {flight} look for my {item} near seat {seat}?
    """,
    "name": """
        My name is wrong on {code}. It should be {name}.
        The name on booking {code} is misspelled. The right one is {name}.
        Please [correct|change] the name on {code} to {name}.
        I typed the name wrong in {code}. It must say {name}.
        name on {code} must be {name}
        There is a [mistake|typo] in the name on {code}: I am called {name}.
        [How do I|Can I] correct a name in {code}? It should read {name}.
        You spelled my name wrong in booking {code}. I'm {name}.
        My passport says {name}, but booking {code} does not.
        The ticket {code} has the wrong name, please make it {name}.
        I [married|got married], so the name on {code} has to be {name}.
        I made a mistake in my name. Booking {code} should be for {name}.
        The booking {code} has to be under {name}.
        Please write {name} on the ticket {code}. The name is wrong.
        My name is {name}, but {code} says something else.
        There is a wrong letter in {code}. My name is spelled {name}.
        Correct the passenger's name in {code}, please: {name}.
        I have a new passport with the name {name}. Can you update {code}?
        On {code} you have a wrong name. I am {name}.
        May I change the spelling in {code} to {name}?
        Is it possible to correct my name to {name} in booking {code}?
        --
        Instead of the name that stands in {code}, {name} would be correct.
        Could {code} be put under the correct spelling, {name}?
        A letter is missing in my name on {code}; write {name}, please.
    """,
    "book": """
        I [want|would like|need] to fly from {city} to {city2} on {date}.
        [How do I|How can I|Where do I] book a flight from {city} to {city2} on {date}?
        Do you have a flight from {city} to {city2} on {date}?
        Please book me a flight to {city2} from {city} on {date}.
        flight {city} to {city2} on {date}
        We need [two|three|four] seats from {city} to {city2} on {date}.
        Can I get to {city2} from {city} on {date} with you?
        What does a flight from {city} to {city2} cost on {date}?
        I'm looking for a flight to {city2} on {date}, starting in {city}.
        Are there still seats from {city} to {city2} on {date}?
        I have to be in {city2} on {date} and live in {city}. Do you fly there?
        We would like to travel from {city} to {city2} on {date}.
        Is there any plane from {city} to {city2} on {date}?
        Can you find me a flight from {city} on {date}? I want to go to {city2}.
        How much is a ticket from {city} to {city2} on {date}?
        I plan to fly from {city} to {city2} on {date}.
        Which flights go from {city} to {city2} on {date}?
        I need to get from {city} to {city2} on {date}.
        Please reserve a seat from {city} to {city2} for {date}.
        My holiday starts on {date}. I want to fly from {city} to {city2}.
        one seat from {city} to {city2}, {date}
        --
        On {date} I plan to travel from {city} to {city2}. How do I buy a ticket?
        Is it possible to fly to {city2} on {date} if I begin in {city}?
        A ticket {city} to {city2} for {date}, please.
    """,
    "upgrade": """
        [Can|Could] I upgrade {code} to Business? I have {fare}.
        How much is an upgrade to Business for {code}? My fare is {fare}.
        I [want|would like] to fly Business with {code}. I booked {fare}.
        What does it cost to upgrade from {fare} to Business? Booking {code}.
        upgrade {code} from {fare} to business
        Please upgrade my {fare} ticket {code} to Business.
        Is an upgrade possible for {code}? It is {fare} now.
        We booked {fare} under {code} and want to upgrade to Business.
        Price of an upgrade to Business for my {fare} booking {code}?
        I'd like a bigger seat. Can {code}, a {fare} ticket, be upgraded?
        I'd like to pay for Business on {code}. At the moment I have {fare}.
        My ticket {code} is {fare}. How do I get into Business?
        Is there an upgrade to Business for {fare}? My code is {code}.
        What would Business cost instead of {fare} for {code}?
        Can you put {code} into Business? We booked {fare}.
        I want to sit in Business. Booking {code}, now {fare}.
        How much more do I pay for Business with {code}? It's a {fare} fare.
        Upgrade from {fare} for {code}, what is the price?
        I have {fare} on {code} and would love to fly Business.
        We'd like to switch {code} from {fare} to Business.
        --
        What do you ask for moving {code} up from {fare} to Business?
        Treat me to Business on {code}! At present it's {fare}.
        {fare} is too narrow for me: what is Business for {code}?
    """,
    "invoice": """
        I need an invoice for {code}, made out to {name}.
        [Can|Could] you send me the invoice for booking {code}? Name: {name}.
        Please send the [invoice|receipt|bill] for {code} to {name}.
        My company needs a receipt for {code}. I'm {name}.
        invoice for {code} please, {name}
        Where do I get the receipt for {code}? It is for {name}.
        I have no invoice for booking {code} yet. My name is {name}.
        For my taxes I need the bill of {code}. {name}.
        The accounts office of {name} needs an invoice for {code}.
        [How do I|How can I] get a receipt for {code} in the name of {name}?
        Please make out an invoice for {code} to {name}.
        I paid for {code} and need a bill. The name is {name}.
        My boss wants a receipt for booking {code}. I am {name}.
        Can I have the invoice of {code} again? {name}.
        Send me a receipt for {code}, please. {name} is my name.
        {name} needs the bill for booking {code}.
        Do you have a receipt for {code}? It should be for {name}.
        We have lost the invoice for {code}. It was sent to {name}.
        I'd like a printed invoice for {code}. {name}.
        --
        Could you bill {code} to {name} and mail the paper?
        {name} has paid for {code} and would like proof of it.
        A written receipt in the name of {name} is missing for {code}.
    """,
    "miles": """
        How many miles do I [get|earn] for {flight} with a {fare} ticket?
        What does {flight} [give|earn] in miles? My fare is {fare}.
        I flew {flight} on {fare}. How many miles is that?
        Do I [get|collect] miles on {flight} with {fare}?
        miles for {flight} in {fare}
        My miles for {flight} are missing. I had a {fare} ticket.
        How many miles are there for flight {flight} in {fare}?
        Are there miles on a {fare} ticket for {flight}?
        I [collect|save] miles. What is {flight} worth with {fare}?
        With {fare}, what number of miles does {flight} bring?
        I have a {fare} ticket for {flight}. How many miles do I get?
        How many miles is {flight} good for? I fly {fare}.
        Do you give miles for {fare} on {flight}?
        Please tell me the miles for {flight}. The fare is {fare}.
        How many points or miles does a {fare} fare earn on {flight}?
        I took {flight} in {fare}. What miles will I see on my card?
        We flew with {flight}. How many miles are added for {fare}?
        My fare on {flight} is {fare}. What about miles?
        I would like to know the miles of {flight} in {fare}.
        --
        By how much does my miles account grow after {flight} in {fare}?
        Will {flight} be credited? I'd like the miles for {fare}.
        Tell me the miles that a {fare} passenger gets on {flight}.
    """,
    "payment": """
        Can I pay {code} by {method}?
        I [want|would like] to pay booking {code} by {method}.
        Do you accept {method} for booking {code}?
        [How long|How many days] do I have to pay {code} by {method}?
        pay {code} by {method}
        I have no other way than {method} to pay for {code}. Is that fine?
        Is {method} possible for {code}?
        Until when must I pay {code} if I use {method}?
        We'd like to settle booking {code} by {method}.
        My booking {code} is not paid yet. Can I use {method}?
        May we pay booking {code} by {method}?
        Do you take {method}? It's for booking {code}.
        When do I have to pay {code} if I pay by {method}?
        I'd like to use {method} to pay booking {code}.
        How do I pay for {code} by {method}?
        Does payment by {method} work for {code}?
        My card doesn't work. Can {code} be paid by {method}?
        Can my company pay {code} by {method}?
        What is the deadline for paying {code} by {method}?
        Is it fine to pay {code} by {method}?
        --
        What if I choose {method} for {code}, when is it due?
        I prefer {method}; does that work with {code}?
        Would {method} do as a payment for {code}?
    """,
    "group": """
        We are {people} people and want to fly to {city}.
        How do I book {people} seats to {city}?
        I need tickets to {city} for a group of {people}.
        Can I book for {people} people to {city} online?
        {people} people to {city}, how do we book
        Is there a group price for {people} passengers to {city}?
        Our [class|club|team|choir] of {people} wants to travel to {city}.
        My family, {people} people, would like to fly to {city}.
        I want to book a trip to {city} for {people} persons.
        Where do we book when {people} of us go to {city}?
        {people} of us want to fly to {city}. Where can we book?
        I'm booking for {people} people. We want to go to {city}.
        Can {people} people book together to {city}?
        How can a group of {people} travel to {city}?
        We need {people} tickets to {city}.
        My school sends {people} pupils to {city}. How do I book?
        Do you offer group tickets to {city}? There are {people} of us.
        Please help me book {people} seats on a flight to {city}.
        There are {people} people in our party to {city}. How do we book?
        --
        There will be {people} of us on the way to {city}. What should I do?
        Do {people} travellers to {city} count as a group?
        I am planning an outing to {city} with {people} people.
    """,
    "lounge": """
        Can I use the lounge in {city} with a {fare} ticket?
        What does the lounge in {city} cost? I fly {fare}.
        I [have|fly with] a {fare} ticket. Is the lounge in {city} free?
        Do I get into the lounge in {city} with {fare}?
        lounge in {city}, {fare} fare, how much
        Is there a lounge in {city} for {fare} passengers?
        How much is it to wait in the lounge in {city} with {fare}?
        I have four hours in {city} and a {fare} ticket. May I use your lounge?
        Is the lounge part of a {fare} ticket from {city}?
        We'd like to visit the lounge in {city}. Our tickets are {fare}.
        I'd like to wait in the lounge in {city}. My ticket is {fare}.
        Is the lounge in {city} open to me? I have {fare}.
        May I go into the lounge in {city} if I fly {fare}?
        What do I pay for the lounge in {city} with a {fare} fare?
        Does my {fare} ticket include the lounge in {city}?
        How do I get into the lounge in {city}? I booked {fare}.
        Do {fare} passengers pay for the lounge in {city}?
        Can we eat in your lounge in {city}? We fly {fare}.
        I want to work in the lounge in {city}. I travel on a {fare} fare.
        lounge price {city} for {fare}
        --
        Does {fare} open the door of the {city} lounge?
        I'd love to relax in the lounge while I'm in {city}. It's a {fare} ticket.
        Lounge access in {city} on {fare}, yes or no?
    """,
}

OPENINGS = """
    [Hi|Hello|Good morning|Good evening|Hey|Dear team|Hello there][.|!]
    [Hi|Hello], I have a question.
    [Hi|Hello], I need [some|] help.
    Excuse me.
    Quick question:
    Sorry to bother you.
    I hope you can help me.
    [Hello|Hi], can you help me?
    It's my first time with you.
    [I'm|I am] a bit lost.
    I looked on your website but found nothing.
    Nobody answers the phone.
"""

# Openings that mention something which the answer must leave alone, by the slot they use.
ASIDES = {
    "name": "[Hello, my|My] name is {name}.",
    "first": "I'm writing for my friend {first}.",
    "city": "I'm [in|near|calling from] {city} [at the moment|right now|].",
    "date": "[I called on {date}.|We spoke on {date}.|I wrote to you on {date}.]",
    "flight": "[I fly with {flight}.|My flight is {flight}.|I'm booked on {flight}.]",
    "code": "[My booking is {code}.|My code is {code}.|It's about {code}.]",
}

CLOSINGS = """
    [Thanks|Thank you|Many thanks|Thanks a lot][!|.]
    [Please|] let me know.
    [Thanks|Thank you] for your help.
    [Please help.|Please hurry.|It's urgent.]
    [Best regards|Kind regards|Regards].
    I look forward to your answer.
"""

JOINERS = """
    [Also:|Another question:|Second question:|One more thing:|And one more thing:]
    [And then:|Besides that:|Next:|In addition:]
"""
