-- Another clone: the same change, and what is said of it.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.with_plugin()
  vim.fn.search('compare_digest')
  user.keys('ccreturn given == expected<Esc>')
  report.lenses = user.lenses()
  report.is_silent = not user.has_diagnostic('critical_security')
end)
