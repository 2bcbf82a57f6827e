/* What counts in C. */
#ifndef SAMPLE_C
#define SAMPLE_C
static int *find(const char *name, int count, ...) { /* expect: find function cyclomatic=8 cognitive=13 nesting=3 parameters=3 */
  for (int i = 0; i < count; i++)
    if (name && i || !name)
      return 0;
    else if (i)
      goto done;
    else
      do { i++; } while (i < 3);
done:
  return count ? 0 : find(name, 1);
}

int (*choose(int kind))(void) { /* expect: choose function cyclomatic=4 cognitive=3 nesting=2 parameters=1 */
  switch (kind) {
    case 1:
    case 2: return 0;
    default: while (kind) kind--;
  }
  return 0;
}

void platform(void) { /* expect: platform function cyclomatic=4 cognitive=6 nesting=1 parameters=0 */
#if defined(A) && defined(B)
  if (1) platform_a();
#elif defined(C)
  platform_c();
#else
  platform_d();
#endif
}
#endif
