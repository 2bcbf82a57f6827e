-- The options of `require('escalation').setup`; `:help escalation-options` describes them.

local M = {}

M.options = {
  cmd = { 'escalation', 'lsp' },
  filetypes = {
    'python', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact', 'java', 'go', 'rust', 'c', 'cpp', 'cs',
    'ruby', 'php', 'kotlin', 'sh', 'sql', 'yaml', 'toml', 'dockerfile',
  },
  settings = {},
  show_output = true,
  show_preview = true,
}

-- Effect: these are the options from now on. Raises an error that names what is wrong.
function M.set(options)
  for name, value in pairs(options or {}) do
    local default = M.options[name]
    if default == nil then
      error(('escalation: there is no option `%s`; see :help escalation-options'):format(name), 0)
    end
    if type(value) ~= type(default) then
      error(('escalation: `%s` must be a %s'):format(name, type(default)), 0)
    end
    M.options[name] = value
  end
end

return M
