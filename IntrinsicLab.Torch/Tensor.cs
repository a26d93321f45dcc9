using System.Runtime.CompilerServices;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>An owned reference to a tensor of libtorch.</summary>
    /// <remarks>Operators are generated from operators.txt. Dispose or a dispose scope releases, the finalizer is the net below.</remarks>
    public unsafe partial class Tensor : IDisposable
    {
        private static long _totalCount;
        private static long _peakCount;

        private nint _handle;

        internal Tensor(nint handle)
        {
            _handle = handle;
            if (handle == 0)
            {
                GC.SuppressFinalize(this);
                return;
            }
            var count = Interlocked.Increment(ref _totalCount);
            if (count > _peakCount)
                _peakCount = count;
            DisposeScopeManager.OfThread.Register(this);
        }

        ~Tensor() => Release();

        public static long TotalCount => Interlocked.Read(ref _totalCount);
        public static long PeakCount => Interlocked.Read(ref _peakCount);

        public string? name { get; set; }

        public bool IsInvalid => _handle == 0;

        internal nint ValidHandle
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => _handle != 0 ? _handle : throw new InvalidOperationException("The tensor is disposed.");
        }

        internal DisposeScope? OwningDisposeScope { get; set; }

        internal int PlaceInScope { get; set; }

        public void Dispose()
        {
            OwningDisposeScope?.MarkAsDisposed(this);
            Release();
            GC.SuppressFinalize(this);
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter<Tensor>(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach<Tensor>(this);
            return this;
        }

        public long Dimensions => Native.torch_dim(ValidHandle);
        public long ndim => Dimensions;
        public long dim() => Dimensions;
        public long NumberOfElements => Native.torch_numel(ValidHandle);
        public long numel() => NumberOfElements;
        public long ElementSize => Native.torch_element_size(ValidHandle);
        public long element_size() => ElementSize;
        public long storage_offset() => Native.torch_storage_offset(ValidHandle);
        public bool is_contiguous() => Native.torch_is_contiguous(ValidHandle) != 0;
        public ScalarType dtype => (ScalarType)Native.torch_dtype(ValidHandle);
        public bool is_floating_point() => torch.is_floating_point(dtype);
        public bool is_integral() => torch.is_integral(dtype);
        public DeviceType device_type => (DeviceType)Native.torch_device_type(ValidHandle);
        public int device_index => Native.torch_device_index(ValidHandle);
        public Device device => device_type == DeviceType.CPU ? CPU : new Device(device_type, device_index);
        public bool is_cpu() => device_type == DeviceType.CPU;
        public bool is_cuda => device_type == DeviceType.CUDA;

        public long[] shape
        {
            get
            {
                var sizes = new long[Dimensions];
                fixed (long* target = sizes)
                    Native.torch_sizes(ValidHandle, target);
                return sizes;
            }
        }

        public long[] size() => shape;

        public long size(int dim)
        {
            var sizes = shape;
            return sizes[dim < 0 ? dim + sizes.Length : dim];
        }

        public long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* target = strides)
                Native.torch_strides(ValidHandle, target);
            return strides;
        }

        public long stride(int dim)
        {
            var strides = stride();
            return strides[dim < 0 ? dim + strides.Length : dim];
        }

        public bool is_leaf => Flag(Native.torch_is_leaf(ValidHandle));

        public bool requires_grad
        {
            get => Flag(Native.torch_requires_grad(ValidHandle));
            set => Native.Check(Native.torch_set_requires_grad(ValidHandle, value ? 1 : 0));
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Accumulates gradients into the leaves. The accumulated gradient itself is read with autograd.grad instead.</summary>
        public void backward() => autograd.backward(this);

        public Tensor to(ScalarType type) => ConvertTo(CPU, type, keepDevice: true);
        public Tensor to(Device device) => MoveTo(device, false);
        public Tensor to(DeviceType deviceType, int deviceIndex = -1) => MoveTo(new Device(deviceType, deviceIndex), false);
        public Tensor to(string device) => MoveTo(new Device(device), false);
        public Tensor to(ScalarType type, Device device) => ConvertTo(device, type, keepDevice: false);
        public Tensor to(Tensor other) => ConvertTo(other.device, other.dtype, keepDevice: false);
        public Tensor to_type(ScalarType type) => to(type);
        public Tensor type(ScalarType dtype) => to(dtype);
        public Tensor type_as(Tensor tensor) => to(tensor.dtype);
        public Tensor cpu() => MoveTo(CPU, false);
        public Tensor cuda(Device? device = null) => MoveTo(device ?? CUDA, false);

        public Tensor @bool() => to(ScalarType.Bool);
        public Tensor @byte() => to(ScalarType.Byte);
        public Tensor @int() => to(ScalarType.Int32);
        public Tensor @long() => to(ScalarType.Int64);
        public Tensor @float() => to(ScalarType.Float32);
        public Tensor @double() => to(ScalarType.Float64);

        public Tensor alias()
        {
            var shared = new Tensor(Native.torch_share(ValidHandle));
            GC.KeepAlive(this);
            return shared;
        }

        /// <summary>The elements, in order of indices whatever the strides; a tensor on another device is copied first.</summary>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateElementType(typeof(T));
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1)
                throw new ArgumentException($"a tensor of {NumberOfElements} elements has no single item");
            ValidateElementType(typeof(T));
            if (device_type == DeviceType.CPU)
                return *(T*)DataPointer();
            using var copy = cpu();
            return *(T*)copy.DataPointer();
        }

        /// <summary>The memory of a contiguous tensor on the processor, without a copy; valid while the tensor lives.</summary>
        public Span<byte> bytes
        {
            get
            {
                if (!is_contiguous())
                    throw new InvalidOperationException("bytes of a non-contiguous tensor: call contiguous first");
                if (device_type != DeviceType.CPU)
                    throw new InvalidOperationException("bytes of a tensor on another device: copy it to the processor first");
                return new Span<byte>((void*)DataPointer(), checked((int)(NumberOfElements * ElementSize)));
            }
            set
            {
                var target = bytes;
                if (target.Length != value.Length)
                    throw new ArgumentException($"{value.Length} bytes for a tensor of {target.Length}");
                value.CopyTo(target);
            }
        }

        public Scalar ToScalar() => dtype switch
        {
            ScalarType.Bool => item<bool>(),
            ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16 => this.ToDouble(),
            _ => this.ToInt64(),
        };

        public double ReadCpuDouble(long i) => ReadCpuValue<double>(i);
        public float ReadCpuSingle(long i) => ReadCpuValue<float>(i);
        public int ReadCpuInt32(long i) => ReadCpuValue<int>(i);
        public long ReadCpuInt64(long i) => ReadCpuValue<long>(i);
        public byte ReadCpuByte(long i) => ReadCpuValue<byte>(i);
        public bool ReadCpuBool(long i) => ReadCpuValue<bool>(i);

        public T ReadCpuValue<T>(long i) where T : unmanaged
        {
            if (i < 0 || i >= NumberOfElements)
                throw new IndexOutOfRangeException($"element {i} of a tensor of {NumberOfElements}");
            using var accessor = data<T>();
            return accessor.At(i);
        }

        public override bool Equals(object? obj) => obj is Tensor tensor && Equals(tensor);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

        public override string ToString() =>
            IsInvalid ? "(disposed tensor)" : $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";

        internal nint DataPointer()
        {
            var data = Native.torch_data(ValidHandle);
            if (data == 0 && NumberOfElements != 0)
                throw Native.Error();
            return data;
        }

        private Tensor MoveTo(Device device, bool copy) => ConvertTo(device, dtype, keepDevice: false, copy);

        private Tensor ConvertTo(Device device, ScalarType type, bool keepDevice, bool copy = false)
        {
            var arguments = stackalloc Value[7];
            arguments[0] = Value.Of(this);
            arguments[1] = Value.Of(type);
            arguments[2] = Value.None;
            arguments[3] = keepDevice ? Value.None : Value.OfOptional(device);
            arguments[4] = Value.None;
            arguments[5] = Value.Of(false);
            arguments[6] = Value.Of(copy);
            var result = Operators.to_dtype_layout.Call(arguments, 7);
            GC.KeepAlive(this);
            return result;
        }

        private void ValidateElementType(Type element)
        {
            var expected = dtype switch
            {
                ScalarType.Byte => typeof(byte),
                ScalarType.Int8 => typeof(sbyte),
                ScalarType.Int16 => typeof(short),
                ScalarType.Int32 => typeof(int),
                ScalarType.Int64 => typeof(long),
                ScalarType.Bool => typeof(bool),
                ScalarType.Float32 => typeof(float),
                ScalarType.Float64 => typeof(double),
                _ => null,
            };
            if (element != expected)
                throw new ArgumentException($"a tensor of {dtype} has no elements of type {element.Name}");
        }

        private void Release()
        {
            var handle = _handle;
            if (handle == 0)
                return;
            _handle = 0;
            Interlocked.Decrement(ref _totalCount);
            Native.torch_dispose(handle);
        }

        private static bool Flag(int result)
        {
            Native.Check(result);
            return result != 0;
        }
    }
}
