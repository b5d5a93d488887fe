const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 9110 §5.6.7 IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function formatHttpDate(date: Date): string {
  return date.toUTCString();
}

/** RFC 9110 §5.6.7: any of the three forms of a date, `undefined` where it is none of them. */
export function parseHttpDate(text: string, now: Date = new Date()): Date | undefined {
  const match = IMF_FIXDATE.exec(text) ?? RFC850_DATE.exec(text) ?? ASCTIME_DATE.exec(text);
  if (match?.groups === undefined) return undefined;
  const { day = '', month = '', year = '', time = '' } = match.groups;
  const fullYear = year.length === 2 ? expandYear(Number(year), now) : Number(year);
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  const date = new Date(0);
  date.setUTCFullYear(fullYear, MONTHS.indexOf(month), Number(day));
  const isInCalendar = date.getUTCDate() === Number(day);
  date.setUTCHours(hours, minutes, seconds);
  return isInCalendar ? date : undefined;
}

/** RFC 9110 §5.6.7: a two-digit year more than 50 years ahead is the latest past one with these digits. */
function expandYear(twoDigits: number, now: Date): number {
  const thisYear = now.getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

// time-of-day = hour ":" minute ":" second; 60 is a leap second
const TIME = '(?<time>(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60))';
const MONTH = `(?<month>${MONTHS.join('|')})`;
const DAY_NAME = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const DAY_NAME_LONG = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';

// IMF-fixdate = day-name "," SP 2DIGIT SP month SP 4DIGIT SP time-of-day SP GMT
const IMF_FIXDATE = new RegExp(
  `^${DAY_NAME}, (?<day>[0-9]{2}) ${MONTH} (?<year>[0-9]{4}) ${TIME} GMT$`,
);

// rfc850-date = day-name-l "," SP 2DIGIT "-" month "-" 2DIGIT SP time-of-day SP GMT
const RFC850_DATE = new RegExp(
  `^${DAY_NAME_LONG}, (?<day>[0-9]{2})-${MONTH}-(?<year>[0-9]{2}) ${TIME} GMT$`,
);

// asctime-date = day-name SP month SP ( 2DIGIT / ( SP 1DIGIT )) SP time-of-day SP 4DIGIT
const ASCTIME_DATE = new RegExp(
  `^${DAY_NAME} ${MONTH} (?<day>[0-9]{2}| [0-9]) ${TIME} (?<year>[0-9]{4})$`,
);
