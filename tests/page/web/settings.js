// The pad's settings as Python serves them (adder/page/server/first_paint.py); test_web.py runs these tests with them.
export const settings = JSON.parse(process.env.PAD);
