-- The plugin as a package, with the documented line in init.lua: loaded, helped, healthy. Not with -l, but with -c luafile.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.open()
  vim.cmd('helptags ALL')
  report.commands = vim.tbl_filter(function(name) return vim.startswith(name, 'Escalation') end,
    vim.tbl_keys(vim.api.nvim_get_commands({})))
  report.helped = vim.tbl_filter(function(name)
    vim.cmd('help :' .. name)
    return vim.api.nvim_get_current_line():find('*:' .. name .. '*', 1, true) ~= nil
  end, report.commands)
  local text = user.text()
  report.dead_links = {}
  for link in text:gmatch('|([%w_.:()-]+)|') do
    if not pcall(vim.cmd, 'help ' .. link) then table.insert(report.dead_links, link) end
  end
  report.widest = 0
  for line in vim.gsplit(text, '\n') do report.widest = math.max(report.widest, vim.fn.strdisplaywidth(line)) end
  vim.cmd('checkhealth escalation')
  report.health = user.text()
end)
