
BBBB BBBB BBBBBB
XXXXXXXX XXXXXXXXXXXXX XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX
  XXXX XXXXXXXXXXXXXXXXXXX
    XXX XXXXXXXXXXXXXXXXXX gettext(u'Accounts that could not be computed') XXXXX
    XXXXX XXXXXXXXXXXX XXXXXXX gettext(u'they keep their last good figures, marked with their day') XXXXXXX
    BB BBBBB BBB BBBBBBBBBB
      XXXXX XXXXXXXXXXXX XXXXXXXXXXXXX XXXXXXXXBBB BBBBBBBBBBBBBBBBBBBBBBB BBBBBBXX
        BBBBBBBBBB
        XXXXXXX XXXXXXXXXXXXX XXXXXXXXXXXXXXXXXXBBBB BBBBBBBBB BBBBBBBBBBBB  gettext(u'Try again') XXXXXXXXX
      XXXXXXX
    BBBBB
  XXXXXX
  BB BBBBBB
    XXXX XXXXXXXXXXXXXXXXXXXX XXXXXXXXXXXX XXXXXXXXXXXXX XXXXXXXXXXXX gettext(u'Accounts that could not be computed') XX
      XXXXXX XXXXXXXXXXX XXXXXXXXXXXX
        XXXXXXX
          XXXX
            XXX XXXXXXXXXXXX gettext(u'Account') XXXXX
            XXX XXXXXXXXXXXX gettext(u'Step') XXXXX
            XXX XXXXXXXXXXXX gettext(u'What it said') XXXXX
            XXX XXXXXXXXXXXX gettext(u'Figures are of') XXXXX
            XXX XXXXXXXXXXX XXXXXXXXXXXX gettext(u'Nights failed') XXXXX
            XXX XXXXXXXXXXXX gettext(u'Computed again') XXXXX
          XXXXX
        XXXXXXXX
        XXXXXXX
          BBB BBBBB BB BBBBBB
            XXX XXXXXXXXX
              XXX XXXXXXXXXXXXXX XXXXXXX XXXXXXXXXXXXXXXXXXXXXXX
              XXX XXXXXXXXXXXX gettext(u'Step') XXXXXXX
              XXX XXXXXXXXXXXX gettext(u'What it said') XXXXXXX
              XXX XXXXXXXXXXXXXX XXXXXXXXXXXX gettext(u'Figures are of') XXBB BBBBBBBBBBBBBFFFFFBBBB gettext(u'no day: never computed') BBBBBXXXXX
              XXX XXXXXXXXXXX XXXXXXXXXXXX gettext(u'Nights failed') XXFFFFFFFFFXXXXX
              XXX XXXXXXXXXXXXXX XXXXXXXXXXXX gettext(u'Computed again') XXBB BBBBBBBBBBBBBBBBBFFFFFBBBB gettext(u'not yet') BBBBBXXXXX
            XXXXX
          BBBBBB
        XXXXXXXX
      XXXXXXXX
    XXXXXX
  BBBB
    XX XXXXXXXXXXXXXXXXX XXXXXXX gettext(u'None of them is among the accounts that you see, or they have failed in a later night again and are listed there.') XXXX
  BBBBB
XXXXXXXXXX
