-- expect: none
-- Changes the tables that the message's attributes were decoded into: nobody else sees them.

return {
  name = "none_mutates_nested",
  on = "message",
  on_error = "open",
  decide = function(msg)
    if not msg.attributes then
      return nil
    end
    msg.attributes.hiddenFor = "everybody"
    msg.attributes.deep = nil
    return nil
  end,
}
