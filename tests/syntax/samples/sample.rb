# What counts in Ruby.
module Shop
  class Account < Base
    LIMIT = ->(size) { size > 1 ? 1 : 2 } # expect: Shop.Account.LIMIT method cyclomatic=2 cognitive=1 nesting=0 parameters=1

    def initialize(size, name = "x", *rest, kind:, &block) # expect: Shop.Account.initialize method cyclomatic=5 cognitive=3 nesting=1 parameters=5
      @size ||= size
      return unless size && kind || name
    end

    def self.find(id) # expect: Shop.Account.find method cyclomatic=3 cognitive=4 nesting=1 parameters=1
      if id == 1
        1
      elsif id == 2
        2
      else
        find(id - 1)
      end
    end

    def pay(amount) # expect: Shop.Account.pay method cyclomatic=6 cognitive=8 nesting=2 parameters=1
      items.each do |item|
        next if item > 1
        while item < amount do item += 1 end
      end
      case amount
      when 1, 2 then 1
      when 3
        begin
          2
        rescue Error => e
          3
        else
          4
        end
      else 5
      end
    end

    def match(value) # expect: Shop.Account.match method cyclomatic=4 cognitive=2 nesting=1 parameters=1
      case value
      in [x] if x > 1 then 1
      in {name:} then 2
      end
    rescue StandardError
      nil
    end

    def empty; end # expect: Shop.Account.empty method cyclomatic=1 cognitive=0 nesting=0 parameters=0

    def short = size and true # expect: Shop.Account.short method cyclomatic=1 cognitive=0 nesting=0 parameters=0
  end
end
