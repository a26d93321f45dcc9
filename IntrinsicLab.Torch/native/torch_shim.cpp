// The C surface between C# and libtorch. Every tensor operator goes through one door, torch_call: the operator is looked up
// in libtorch's dispatcher once by its schema name and then called boxed. Only what the dispatcher does not offer has its
// own function: autograd, memory, generators, threads, devices. Written for libtorch 1.13 and 2.x alike.
//
// Tensor and generator handles are owned references (TensorImpl*, GeneratorImpl*); null is "undefined".
// No exception crosses: a failing call returns null or -1 and leaves its text for torch_last_error.

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/jit_type.h>
#include <ATen/core/stack.h>
#include <c10/core/DefaultDtype.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#define SHIM extern "C" __attribute__((visibility("default")))

namespace {

enum Tag : int32_t { kNone, kTensor, kTensorList, kInt, kDouble, kBool, kIntList, kString, kDevice, kGenerator };

struct Value {
    int32_t tag;
    int32_t count;  // elements of a list, characters of a string, index of a device
    union {
        void* pointer;
        int64_t integer;
        double real;
    };
};

// What a schema wants where the tag alone would be ambiguous.
enum class Wanted : uint8_t { kAny, kFloat, kIntList, kFloatList, kTensorList, kOptionalTensorList };

struct Operator {
    c10::OperatorHandle handle;
    std::vector<Wanted> wanted;
    std::vector<c10::IValue> defaults;
};

thread_local std::string last_error;

template <class F>
auto guarded(F body, decltype(body()) failure) noexcept -> decltype(body()) {
    try {
        return body();
    } catch (const c10::Error& error) {
        last_error = error.what_without_backtrace();
    } catch (const std::exception& error) {
        last_error = error.what();
    } catch (...) {
        last_error = "unknown native exception";
    }
    return failure;
}

// c10::optional in libtorch 1.13, std::optional later.
using OptionalTensor = decltype(std::declval<c10::IValue>().toOptionalTensorVector())::value_type;

using TensorPointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;

c10::TensorImpl* impl(void* handle) { return static_cast<c10::TensorImpl*>(handle); }

at::Tensor borrow(void* handle) {
    if (handle == nullptr) return at::Tensor();
    c10::raw::intrusive_ptr::incref(impl(handle));
    return at::Tensor(TensorPointer::reclaim(impl(handle)));
}

void* release(at::Tensor&& tensor) { return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr; }

at::Generator borrow_generator(void* handle) {
    auto* generator = static_cast<c10::GeneratorImpl*>(handle);
    c10::raw::intrusive_ptr::incref(generator);
    return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(generator));
}

std::vector<at::Tensor> borrow_all(void** handles, int64_t count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(count);
    for (int64_t i = 0; i < count; i++) tensors.push_back(borrow(handles[i]));
    return tensors;
}

c10::TypePtr without_optional(c10::TypePtr type) {
    if (auto optional = type->cast<c10::OptionalType>()) return optional->getElementType();
    return type;
}

Wanted wanted_by(const c10::Argument& argument) {
    auto type = without_optional(argument.type());
    if (type->kind() == c10::TypeKind::FloatType) return Wanted::kFloat;
    if (type->kind() != c10::TypeKind::ListType) return Wanted::kAny;
    auto element = type->expect<c10::ListType>()->getElementType();
    if (element->kind() == c10::TypeKind::OptionalType) return Wanted::kOptionalTensorList;
    if (element->kind() == c10::TypeKind::TensorType) return Wanted::kTensorList;
    return element->kind() == c10::TypeKind::FloatType ? Wanted::kFloatList : Wanted::kIntList;
}

c10::IValue to_ivalue(const Value& value, Wanted wanted) {
    switch (value.tag) {
        case kNone:
            return c10::IValue();
        case kTensor:
            return c10::IValue(borrow(value.pointer));
        case kTensorList: {
            auto** handles = static_cast<void**>(value.pointer);
            if (wanted == Wanted::kOptionalTensorList) {
                c10::List<OptionalTensor> list;
                for (int32_t i = 0; i < value.count; i++)
                    list.push_back(handles[i] ? OptionalTensor(borrow(handles[i])) : OptionalTensor());
                return c10::IValue(std::move(list));
            }
            c10::List<at::Tensor> list;
            list.reserve(value.count);
            for (int32_t i = 0; i < value.count; i++) list.push_back(borrow(handles[i]));
            return c10::IValue(std::move(list));
        }
        case kInt:
            if (wanted == Wanted::kFloat) return c10::IValue(static_cast<double>(value.integer));
            if (wanted == Wanted::kIntList) return c10::IValue(c10::IntArrayRef(&value.integer, 1));
            return c10::IValue(value.integer);
        case kDouble:
            return c10::IValue(value.real);
        case kBool:
            return c10::IValue(value.integer != 0);
        case kIntList:
            return c10::IValue(c10::IntArrayRef(static_cast<int64_t*>(value.pointer), value.count));
        case kString:
            return c10::IValue(std::string(static_cast<char*>(value.pointer), value.count));
        case kDevice:
            return c10::IValue(c10::Device(static_cast<c10::DeviceType>(value.integer), static_cast<c10::DeviceIndex>(value.count)));
        case kGenerator:
            return c10::IValue(borrow_generator(value.pointer));
        default:
            throw std::invalid_argument("unknown argument tag");
    }
}

Value from_ivalue(c10::IValue&& value) {
    Value result{kNone, 0, {nullptr}};
    if (value.isTensor()) {
        result.tag = kTensor;
        result.pointer = release(std::move(value).toTensor());
    } else if (value.isTensorList()) {
        auto tensors = value.toTensorVector();
        result.tag = kTensorList;
        result.count = static_cast<int32_t>(tensors.size());
        auto** handles = static_cast<void**>(std::malloc(sizeof(void*) * (tensors.size() + 1)));
        for (size_t i = 0; i < tensors.size(); i++) handles[i] = release(std::move(tensors[i]));
        result.pointer = handles;
    } else if (value.isInt()) {
        result.tag = kInt;
        result.integer = value.toInt();
    } else if (value.isDouble()) {
        result.tag = kDouble;
        result.real = value.toDouble();
    } else if (value.isBool()) {
        result.tag = kBool;
        result.integer = value.toBool();
    }
    return result;
}

// One stack per thread: its memory is reused, so a call allocates nothing for its arguments. Arguments left out take the
// schema's defaults.
torch::jit::Stack& run(Operator* op, const Value* arguments, int32_t count) {
    thread_local torch::jit::Stack stack;
    stack.clear();
    if (static_cast<size_t>(count) > op->wanted.size()) throw std::invalid_argument("too many arguments for the operator's schema");
    for (int32_t i = 0; i < count; i++) stack.push_back(to_ivalue(arguments[i], op->wanted[i]));
    for (size_t i = count; i < op->defaults.size(); i++) stack.push_back(op->defaults[i]);
    op->handle.callBoxed(&stack);
    return stack;
}

}  // namespace

SHIM const char* torch_last_error() { return last_error.c_str(); }

SHIM const char* torch_version() { return TORCH_VERSION; }

SHIM void* torch_operator(const char* name, const char* overload) {
    return guarded([&]() -> void* {
        auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
        if (!handle) throw std::runtime_error(std::string("this libtorch has no operator ") + name + "." + overload);
        auto* op = new Operator{*handle, {}, {}};
        for (const auto& argument : handle->schema().arguments()) {
            op->wanted.push_back(wanted_by(argument));
            op->defaults.push_back(argument.default_value().value_or(c10::IValue()));
        }
        return op;
    }, nullptr);
}

SHIM void* torch_call(void* op, const Value* arguments, int32_t count) {
    return guarded([&]() -> void* {
        auto& stack = run(static_cast<Operator*>(op), arguments, count);
        auto* result = stack.empty() || !stack.front().isTensor() ? nullptr : release(std::move(stack.front()).toTensor());
        stack.clear();
        if (result == nullptr) throw std::runtime_error("the operator returned no tensor");
        return result;
    }, nullptr);
}

// For operators that work in place: the caller has the tensor already.
SHIM int32_t torch_call_in_place(void* op, const Value* arguments, int32_t count) {
    return guarded([&]() -> int32_t {
        run(static_cast<Operator*>(op), arguments, count).clear();
        return 0;
    }, -1);
}

// Results beyond capacity are dropped; a list's array is freed with torch_free.
SHIM int32_t torch_call_many(void* op, const Value* arguments, int32_t count, Value* results, int32_t capacity) {
    return guarded([&]() -> int32_t {
        auto& stack = run(static_cast<Operator*>(op), arguments, count);
        auto returned = std::min<int32_t>(capacity, static_cast<int32_t>(stack.size()));
        for (int32_t i = 0; i < returned; i++) results[i] = from_ivalue(std::move(stack[i]));
        stack.clear();
        return returned;
    }, -1);
}

SHIM void torch_free(void* memory) { std::free(memory); }

SHIM void torch_dispose(void* handle) { c10::raw::intrusive_ptr::decref(impl(handle)); }

SHIM void* torch_share(void* handle) {
    c10::raw::intrusive_ptr::incref(impl(handle));
    return handle;
}

SHIM int64_t torch_dim(void* handle) { return impl(handle)->dim(); }
SHIM int64_t torch_numel(void* handle) { return impl(handle)->numel(); }
SHIM int64_t torch_storage_offset(void* handle) { return impl(handle)->storage_offset(); }
SHIM int32_t torch_dtype(void* handle) { return static_cast<int32_t>(c10::typeMetaToScalarType(impl(handle)->dtype())); }
SHIM int64_t torch_element_size(void* handle) { return static_cast<int64_t>(impl(handle)->dtype().itemsize()); }
SHIM int32_t torch_is_contiguous(void* handle) { return impl(handle)->is_contiguous(); }
SHIM int32_t torch_device_type(void* handle) { return static_cast<int32_t>(impl(handle)->device().type()); }
SHIM int32_t torch_device_index(void* handle) { return impl(handle)->device().index(); }

SHIM void torch_sizes(void* handle, int64_t* sizes) {
    auto source = impl(handle)->sizes();
    std::memcpy(sizes, source.data(), source.size() * sizeof(int64_t));
}

SHIM void torch_strides(void* handle, int64_t* strides) {
    auto source = impl(handle)->strides();
    std::memcpy(strides, source.data(), source.size() * sizeof(int64_t));
}

SHIM void* torch_data(void* handle) {
    return guarded([&] { return borrow(handle).data_ptr(); }, nullptr);
}

SHIM int32_t torch_requires_grad(void* handle) {
    return guarded([&]() -> int32_t { return borrow(handle).requires_grad(); }, -1);
}

SHIM int32_t torch_set_requires_grad(void* handle, int32_t value) {
    return guarded([&]() -> int32_t {
        borrow(handle).set_requires_grad(value != 0);
        return 0;
    }, -1);
}

SHIM int32_t torch_is_leaf(void* handle) {
    return guarded([&]() -> int32_t { return borrow(handle).is_leaf(); }, -1);
}

SHIM int32_t torch_grad_enabled() { return c10::GradMode::is_enabled(); }
SHIM void torch_set_grad_enabled(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }

// gradients receives one handle per input; null where the input was not used.
SHIM int32_t torch_grad(void** outputs, int64_t output_count, void** inputs, int64_t input_count, void** grad_outputs,
                        int64_t grad_output_count, int32_t retain_graph, int32_t create_graph, int32_t allow_unused,
                        void** gradients) {
    return guarded([&]() -> int32_t {
        auto result = torch::autograd::grad(borrow_all(outputs, output_count), borrow_all(inputs, input_count),
                                            borrow_all(grad_outputs, grad_output_count), retain_graph != 0,
                                            create_graph != 0, allow_unused != 0);
        for (size_t i = 0; i < result.size(); i++) gradients[i] = release(std::move(result[i]));
        return 0;
    }, -1);
}

SHIM int32_t torch_backward(void** tensors, int64_t tensor_count, void** grad_tensors, int64_t grad_tensor_count,
                            int32_t retain_graph, int32_t create_graph, void** inputs, int64_t input_count) {
    return guarded([&]() -> int32_t {
        torch::autograd::backward(borrow_all(tensors, tensor_count), borrow_all(grad_tensors, grad_tensor_count),
                                  retain_graph != 0, create_graph != 0, borrow_all(inputs, input_count));
        return 0;
    }, -1);
}

SHIM void* torch_default_generator(int32_t device_type, int32_t device_index) {
    return guarded([&]() -> void* {
        auto device = c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
        auto generator = at::globalContext().defaultGenerator(device);
        auto* handle = generator.unsafeGetGeneratorImpl();
        c10::raw::intrusive_ptr::incref(handle);
        return handle;
    }, nullptr);
}

// A copy of the device's default generator with its own seed: the way to a generator that needs no device-specific header.
SHIM void* torch_generator(int32_t device_type, int32_t device_index, uint64_t seed) {
    return guarded([&]() -> void* {
        auto device = c10::Device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
        auto source = at::globalContext().defaultGenerator(device);
        at::Generator generator;
        {
            std::lock_guard<std::mutex> lock(source.mutex());
            generator = source.clone();
        }
        generator.set_current_seed(seed);
        auto* handle = generator.unsafeGetGeneratorImpl();
        c10::raw::intrusive_ptr::incref(handle);
        return handle;
    }, nullptr);
}

SHIM void torch_generator_dispose(void* handle) {
    c10::raw::intrusive_ptr::decref(static_cast<c10::GeneratorImpl*>(handle));
}

SHIM int32_t torch_generator_set_seed(void* handle, uint64_t seed) {
    return guarded([&]() -> int32_t {
        auto generator = borrow_generator(handle);
        std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_current_seed(seed);
        return 0;
    }, -1);
}

SHIM uint64_t torch_generator_seed(void* handle) {
    return guarded([&]() -> uint64_t { return borrow_generator(handle).current_seed(); }, 0);
}

SHIM void* torch_generator_get_state(void* handle) {
    return guarded([&]() -> void* {
        auto generator = borrow_generator(handle);
        std::lock_guard<std::mutex> lock(generator.mutex());
        return release(generator.get_state());
    }, nullptr);
}

SHIM int32_t torch_generator_set_state(void* handle, void* state) {
    return guarded([&]() -> int32_t {
        auto generator = borrow_generator(handle);
        std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_state(borrow(state));
        return 0;
    }, -1);
}

SHIM int32_t torch_manual_seed(uint64_t seed) {
    return guarded([&]() -> int32_t {
        at::manual_seed(seed);
        return 0;
    }, -1);
}

SHIM int32_t torch_get_num_threads() { return guarded([&]() -> int32_t { return at::get_num_threads(); }, -1); }

SHIM int32_t torch_get_num_interop_threads() {
    return guarded([&]() -> int32_t { return static_cast<int32_t>(at::get_num_interop_threads()); }, -1);
}

// OpenBLAS, which multiplies matrices for a distribution's libtorch, has threads of its own that libtorch does not set.
SHIM int32_t torch_set_num_threads(int32_t count) {
    return guarded([&]() -> int32_t {
        at::set_num_threads(count);
        if (auto* library = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_NOLOAD)) {
            auto set = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"));
            if (set != nullptr) set(count);
            dlclose(library);
        }
        return 0;
    }, -1);
}

SHIM int32_t torch_set_num_interop_threads(int32_t count) {
    return guarded([&]() -> int32_t {
        at::set_num_interop_threads(count);
        return 0;
    }, -1);
}

SHIM int32_t torch_get_default_dtype() { return static_cast<int32_t>(c10::typeMetaToScalarType(c10::get_default_dtype())); }

SHIM int32_t torch_set_default_dtype(int32_t type) {
    return guarded([&]() -> int32_t {
        c10::set_default_dtype(c10::scalarTypeToTypeMeta(static_cast<c10::ScalarType>(type)));
        return 0;
    }, -1);
}

SHIM int32_t torch_cuda_device_count() {
    return guarded([&]() -> int32_t { return static_cast<int32_t>(torch::cuda::device_count()); }, 0);
}

SHIM int32_t torch_cudnn_is_available() {
    return guarded([&]() -> int32_t { return torch::cuda::cudnn_is_available(); }, 0);
}
