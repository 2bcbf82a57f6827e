-- What counts in SQL.
CREATE TABLE accounts (id int);
CREATE FUNCTION level(size int, label text) RETURNS int LANGUAGE sql AS $$ -- expect: level function cyclomatic=4 cognitive=3 nesting=0 parameters=2
  SELECT CASE WHEN size > 1 AND label = 'x' THEN 1 WHEN size = 0 THEN CASE WHEN label = 'y' THEN 2 END ELSE 0 END
$$;
CREATE FUNCTION twice(size int) RETURNS int RETURN size * 2; -- expect: twice function cyclomatic=1 cognitive=0 nesting=0 parameters=1
