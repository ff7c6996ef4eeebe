/** A program that prints its arguments. */
console.log(JSON.stringify(process.argv.slice(2)));
