// What counts in C++.
namespace shapes {
template <class T>
class Stack : public Base {
 public:
  Stack(int size = 1) : size_(size ? size : 1) {} // expect: Stack.Stack method cyclomatic=1 cognitive=0 nesting=0 parameters=1
  ~Stack() {} // expect: Stack.~Stack method cyclomatic=1 cognitive=0 nesting=0 parameters=0
  bool operator==(const Stack& other) const { return size_ == other.size_ and other.ok(); } // expect: Stack.operator== method cyclomatic=2 cognitive=1 nesting=0 parameters=1
  operator bool() const { return true; } // expect: Stack.operator method cyclomatic=1 cognitive=0 nesting=0 parameters=0
  int& top();
  virtual void later() = 0;

 private:
  int size_;
};

template <class T>
int& Stack<T>::top() { // expect: Stack.top method cyclomatic=3 cognitive=6 nesting=2 parameters=0
  auto grow = [&](int by) { if (by) size_ += by; }; // expect: Stack.top.grow closure cyclomatic=2 cognitive=1 nesting=1 parameters=1
  for (auto& item : items_) {
    try {
      grow(item);
    } catch (const Error& e) {
      throw;
    }
  }
  run([] { return 1; }); // expect: Stack.top.<anonymous> lambda cyclomatic=1 cognitive=0 nesting=0 parameters=0
  return top();
}
}  // namespace shapes

int (*choose(int kind))(int) { // expect: choose function cyclomatic=2 cognitive=1 nesting=0 parameters=1
  return kind ? first : second;
}

int main() { // expect: main function cyclomatic=4 cognitive=3 nesting=1 parameters=0
  if constexpr (sizeof(int) > 2) {
    return 1;
  } else if (int x = next(); x > 1) {
    return 2;
  }
  switch (next()) { case 1: default: return 3; }
}
