/** Python's dates, JavaScript's Date and Temporal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PicklingError, UnpicklingError } from "../errors.ts";
import { raw } from "../tests/raw.ts";
import { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone, UTC } from "./datetime.ts";
import { dumps, loads } from "./pickle.ts";
import { PyObject } from "./values.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];

interface Temporals {
  PlainDate: { from(text: string): object };
  PlainTime: { from(text: string): object };
  PlainDateTime: { from(text: string): object };
  ZonedDateTime: { from(text: string): object };
  Instant: { from(text: string): object };
  Duration: { from(text: string): object };
  PlainYearMonth: { from(text: string): object };
}
const { Temporal } = globalThis as { Temporal?: Temporals };
const withTemporal = Temporal === undefined ? { skip: "this runtime has no Temporal" } : {};

test("all date types are read back in every protocol", () => {
  const zone = new PyTimezone(new PyTimedelta(-1, 70_000, 5), "Somewhere");
  const values = [
    new PyDate(1, 1, 1),
    new PyDate(9999, 12, 31),
    new PyTime({ hour: 23, minute: 59, second: 59, microsecond: 999_999 }),
    new PyTime({ tzinfo: UTC }),
    new PyDateTime(2024, 2, 29, { microsecond: 1 }),
    new PyDateTime(2024, 2, 29, { tzinfo: zone }),
    new PyTimedelta(-1, 5, 7),
    new PyTimedelta(999_999_999),
    zone,
    UTC,
  ];
  for (const protocol of PROTOCOLS) assert.deepEqual(loads(dumps(values, { protocol })), values);
});

test("fold survives from protocol 4 on, where Python keeps it", () => {
  const value = new PyDateTime(2024, 1, 1, { fold: 1 });
  assert.equal(loads<PyDateTime>(dumps(value)).fold, 1);
  assert.equal(loads<PyTime>(dumps(new PyTime({ fold: 1 }))).fold, 1);
});

test("UTC is one object", () => {
  const back = loads<PyTimezone[]>(dumps([UTC, new PyDateTime(2024, 1, 1, { tzinfo: UTC })]));
  assert.equal(back[0], UTC);
});

test("a Date is an aware UTC datetime", () => {
  const date = new Date(Date.UTC(2024, 1, 29, 1, 2, 3, 4));
  for (const protocol of PROTOCOLS) {
    const back = loads<PyDateTime>(dumps(date, { protocol }));
    assert.equal(String(back), "2024-02-29T01:02:03.004000+00:00");
    assert.equal(back.toDate().getTime(), date.getTime());
  }
});

test("a Date beyond Python's years is a PicklingError", () => {
  for (const time of [8.64e15, -8.64e15, Date.UTC(10_000, 0)]) {
    assert.throws(() => dumps([new Date(time)]), PicklingError);
  }
});

test("the first years are not taken for 1900", () => {
  assert.equal(new PyDate(99, 1, 1).toDate().getUTCFullYear(), 99);
  assert.equal(new PyDateTime(1, 1, 1).toDate().toISOString(), "0001-01-01T00:00:00.000Z");
});

test("days, times and zones that don't exist are RangeErrors", () => {
  const wrong = [
    () => new PyDate(2023, 2, 29),
    () => new PyDate(0, 1, 1),
    () => new PyDate(2023, 13, 1),
    () => new PyTime({ hour: 24 }),
    () => new PyTime({ microsecond: 1.5 }),
    () => new PyTimezone(new PyTimedelta(1)),
    () => new PyTimedelta(1_000_000_000),
    () => new PyTimedelta(NaN),
  ];
  for (const make of wrong) assert.throws(make, RangeError);
});

test("a timedelta has Python's normal form and spelling", () => {
  assert.deepEqual({ ...new PyTimedelta(0, 0, -1) }, {
    days: -1,
    seconds: 86_399,
    microseconds: 999_999,
  });
  assert.equal(String(new PyTimedelta(0, 0, -1)), "-1 day, 23:59:59.999999");
  assert.equal(String(new PyTimedelta(2, 3661)), "2 days, 1:01:01");
});

test("a date in a file that doesn't exist is an UnpicklingError with its class", () => {
  const pickles = [
    "cdatetime\ndate\n(C\x04\x07\xe8\x02\x1etR.",
    "cdatetime\ndatetime\n(C\x0a\x07\xe8\x01\x01\x18\x00\x00\x00\x00\x00tR.",
    "cdatetime\ntime\n(C\x06\x19\x00\x00\x00\x00\x00tR.",
    "cdatetime\ntimedelta\n(J\x00\xca\x9a\x3btR.",
  ];
  for (const pickle of pickles) {
    assert.throws(
      () => loads(raw(`\x80\x04${pickle}`)),
      (error) => error instanceof UnpicklingError && error.className!.startsWith("datetime."),
    );
  }
});

test("a zone that is no fixed offset can't become a Date", () => {
  const zone = loads(raw("cm\nZone\n)R."));
  assert.ok(zone instanceof PyObject);
  assert.throws(() => new PyDateTime(2024, 1, 1, { tzinfo: zone }).toDate(), TypeError);
});

test("Temporal's types are Python's", withTemporal, () => {
  const cases: [object, string][] = [
    [Temporal!.PlainDate.from("2024-02-29"), "2024-02-29"],
    [Temporal!.PlainTime.from("01:02:03.004005"), "01:02:03.004005"],
    [Temporal!.PlainDateTime.from("2024-02-29T01:02:03"), "2024-02-29T01:02:03"],
    [
      Temporal!.ZonedDateTime.from("2024-02-29T01:02:03+05:30[+05:30]"),
      "2024-02-29T01:02:03+05:30",
    ],
    [Temporal!.Instant.from("2024-02-29T01:02:03.000001Z"), "2024-02-29T01:02:03.000001+00:00"],
    [Temporal!.Instant.from("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999+00:00"],
    [Temporal!.Duration.from("P1DT2H3.5S"), "1 day, 2:00:03.500000"],
  ];
  for (const [value, text] of cases) assert.equal(String(loads(dumps(value))), text);
});

test("Temporal's types come back from toTemporal()", withTemporal, () => {
  const texts: [{ toTemporal(): unknown }, string][] = [
    [new PyDate(2024, 2, 29), "2024-02-29"],
    [new PyTime({ hour: 1, microsecond: 5 }), "01:00:00.000005"],
    [new PyDateTime(2024, 2, 29, { hour: 1 }), "2024-02-29T01:00:00"],
    [new PyDateTime(2024, 2, 29, { tzinfo: UTC }), "2024-02-29T00:00:00+00:00[+00:00]"],
    [new PyTimedelta(1, 3661, 5), "P1DT3661.000005S"],
    [new PyTimedelta(-1, 86_399), "-PT1S"],
    [new PyTimedelta(-2), "-P2D"],
  ];
  for (const [value, text] of texts) assert.equal(String(value.toTemporal()), text);
});

test(
  "what is below a microsecond, and types Python lacks, are PicklingErrors",
  withTemporal,
  () => {
    const values = [
      Temporal!.PlainTime.from("01:02:03.000000001"),
      Temporal!.Instant.from("2024-02-29T01:02:03.000000001Z"),
      Temporal!.Duration.from("P1Y"),
      Temporal!.PlainYearMonth.from("2024-02"),
    ];
    for (const value of values) {
      assert.throws(
        () => dumps({ at: value }),
        (error) => error instanceof PicklingError && error.path === "$.at",
      );
    }
  },
);
