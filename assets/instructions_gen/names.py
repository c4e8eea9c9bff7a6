"""Names of people and cities that the sets speak of; all are common ones from around the world."""

from instructions_gen.phrases import listed

WOMEN = listed("""
Maria Anna Laura Sofia Elena Clara Julia Emma Nina Sara Lucia Paula Irene Marta Alice Rosa Carla
Diana Vera Eva Olga Ingrid Astrid Freya Greta Heidi Petra Sonja Katja Mila Zara Leila Amina Fatima
Aisha Yasmin Noor Samira Farah Hana Yuki Keiko Naomi Mei Lin Priya Anita Sunita Kavya Meera Divya
Grace Ruth Hope Joy Faith Esther Miriam Judith Hannah Rachel Rebecca Susan Helen Margaret Dorothy
Edith Agnes Florence Beatrice Harriet Charlotte Eleanor Matilda Rosalind Sylvia Teresa Bianca
Giulia Chiara Francesca Camille Chloe Manon Amelie Juliette Brigitte Odette Simone Ines Pilar
Carmen Dolores Lourdes Beatriz Joana
""")

MEN = listed("""
Tomas Lukas Jonas Felix Oscar Hugo Victor Simon Martin Anton
Bruno Carlos Diego Pablo Rafael Miguel Javier Sergio Andres Mateo Marco Luca Paolo Enzo Dario Fabio
Pierre Jean Louis Henri Marcel Olivier Thierry Hans Klaus Jurgen Stefan Dieter Werner Lars Sven
Erik Nils Olaf Bjorn Magnus Ivan Boris Dmitri Pavel Milan Zoran Goran Omar Hassan Karim Tariq
Samir Yusuf Ibrahim Ahmed Rashid Kenji Hiroshi Takeshi Satoshi Wei Jun Chen Ravi Arjun Vikram
Rohan Sanjay Anil Kofi Kwame Tunde Chidi Femi Sipho Thabo George Arthur Walter Harold Edgar Ernest
Albert Frederick Theodore Benjamin Samuel Daniel Nathan Joseph Isaac Patrick Liam Declan Owen Rhys
""")

LAST_NAMES = listed("""
Keller Lindqvist Rahman Novak Moreau Silva Costa Pereira Almeida Santos Rossi Bianchi Ferrari Greco
Romano Fontana Conti Marino Lombardi Garcia Lopez Torres Navarro Ortega Molina Vargas Castillo
Herrera Mendoza Fuentes Dubois Laurent Bernard Lefevre Girard Fournier Marchand Perrin Schmidt
Weber Fischer Becker Hoffmann Schneider Vogel Krause Brandt Jansen Bakker Visser Mulder Smit
Peeters Larsen Hansen Nilsson Berg Dahl Holm Lund Strand Virtanen Korhonen Niemi Kowalski Nowak
Zielinski Horvath Nagy Szabo Popescu Ionescu Petrov Ivanov Sokolov Volkov Dimitrov Markovic
Jovanovic Papadakis Nikolaidis Demir Yilmaz Kaya Haddad Nasser Mansour Khalil Saleh Farouk Ahmadi
Karimi Tanaka Suzuki Yamamoto Watanabe Nakamura Kobayashi Kim Park Choi Zhang Wang Huang Nguyen
Tran Pham Patel Sharma Gupta Singh Mehta Kapoor Desai Reddy Okafor Adeyemi Mensah Boateng Diallo
Traore Mwangi Otieno Dlamini Nkosi Smith Jones Taylor Brown Wilson Evans Walker Wright Green Hughes
Edwards Turner Parker Collins Morris Rogers Cooper Bailey Kelly Murphy Byrne Gallagher Campbell
Stewart Fraser Sinclair Barnes Fletcher Harrison Palmer Webster Whitfield Ashworth Bradley Thornton
Hartley Hawkins Lambert Mercer Norris Osborne Quinn Redmond Sheridan Tucker Underwood Vaughan Wells
""")

CITIES = listed("""
Lisbon Oslo Madrid Rome Paris Berlin Vienna Prague Warsaw Athens Dublin London Stockholm Helsinki
Copenhagen Brussels Amsterdam Zurich Geneva Milan Venice Naples Florence Turin Palermo Barcelona
Valencia Seville Malaga Bilbao Porto Faro Lyon Marseille Nice Toulouse Bordeaux Nantes Munich
Hamburg Frankfurt Cologne Dresden Leipzig Stuttgart Hanover Krakow Gdansk Budapest Bucharest Sofia
Belgrade Zagreb Ljubljana Bratislava Tallinn Riga Vilnius Bergen Gothenburg Malmo Aarhus Reykjavik
Edinburgh Glasgow Manchester Liverpool Bristol Leeds Cardiff Belfast Cork Istanbul Ankara Izmir
Cairo Tunis Casablanca Marrakesh Nairobi Lagos Accra Dakar Durban Johannesburg Dubai Doha Muscat
Amman Beirut Baku Tbilisi Delhi Mumbai Chennai Bangalore Kolkata Karachi Lahore Dhaka Colombo
Kathmandu Bangkok Hanoi Singapore Jakarta Manila Taipei Tokyo Osaka Kyoto Seoul Busan Beijing
Shanghai Sydney Melbourne Brisbane Perth Adelaide Auckland Wellington Honolulu Boston Chicago
Denver Seattle Portland Dallas Houston Austin Atlanta Miami Orlando Tampa Detroit Cleveland
Nashville Memphis Phoenix Toronto Montreal Ottawa Vancouver Calgary Halifax Havana Bogota Lima
Quito Santiago Montevideo Caracas Brasilia Salvador Recife Fortaleza Curitiba Cordoba Mendoza
""")

MONTHS = listed("""
January February March April May June July August September October November December
""")
DAYS_IN = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
