-- The host is killed while the strong model thinks.
local user = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/user.lua')
local report = user.report

user.play(function()
  user.with_plugin({ show_output = false })
  user.weaken()
  vim.cmd('EscalationRun ' .. user.task)
  user.wait('the request to the model', user.noted)
  local host = vim.json.decode(table.concat(vim.fn.readfile(os.getenv('ESCALATION_HOME') .. '/host.json'), '\n'))
  vim.uv.kill(host.pid, 'sigkill')
  user.wait('the preview', function() return #vim.api.nvim_list_tabpages() == 2 end)
  report.proposed = user.text()
  local run = user.wait_for('completed')
  report.tier, report.outcome = run.tier, run.outcome
end)
