/** What JSON makes of a value's type: a property that may be undefined may be absent. */
export type Wire<T> = T extends readonly (infer Item)[]
  ? readonly Wire<Item>[]
  : T extends object
    ? { [Key in keyof T as undefined extends T[Key] ? never : Key]: Wire<T[Key]> } & {
        [Key in keyof T as undefined extends T[Key] ? Key : never]?: Wire<T[Key]>;
      }
    : T;
