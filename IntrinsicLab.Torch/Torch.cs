using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public enum ScalarType : sbyte
    {
        Byte = 0, Int8 = 1, Int16 = 2, Int32 = 3, Int64 = 4, Float16 = 5, Float32 = 6, Float64 = 7,
        ComplexFloat32 = 9, ComplexFloat64 = 10, Bool = 11, BFloat16 = 15,
    }

    public enum RoundingMode { None, trunc, floor }

    public static readonly ScalarType @bool = ScalarType.Bool;
    public static readonly ScalarType uint8 = ScalarType.Byte;
    public static readonly ScalarType int8 = ScalarType.Int8;
    public static readonly ScalarType int16 = ScalarType.Int16;
    public static readonly ScalarType @short = ScalarType.Int16;
    public static readonly ScalarType int32 = ScalarType.Int32;
    public static readonly ScalarType @int = ScalarType.Int32;
    public static readonly ScalarType int64 = ScalarType.Int64;
    public static readonly ScalarType @long = ScalarType.Int64;
    public static readonly ScalarType float16 = ScalarType.Float16;
    public static readonly ScalarType half = ScalarType.Float16;
    public static readonly ScalarType bfloat16 = ScalarType.BFloat16;
    public static readonly ScalarType float32 = ScalarType.Float32;
    public static readonly ScalarType @float = ScalarType.Float32;
    public static readonly ScalarType float64 = ScalarType.Float64;
    public static readonly ScalarType @double = ScalarType.Float64;

    /// <summary>The version of libtorch that the native part was compiled against.</summary>
    public static string __version__ => Marshal.PtrToStringUTF8(Native.torch_version())!;

    /// <summary>Whether libtorch and the device can be used; <see cref="InitializeDeviceType"/> throws with the reason.</summary>
    public static bool TryInitializeDeviceType(DeviceType deviceType) =>
        Native.Missing() is null && (deviceType != DeviceType.CUDA || cuda.device_count() > 0);

    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (Native.Missing() is { } reason)
            throw new NotSupportedException(reason);
        if (deviceType == DeviceType.CUDA && cuda.device_count() == 0)
            throw new InvalidOperationException("CUDA is not available: this libtorch has no CUDA support, or no CUDA device was found");
    }

    public static Device InitializeDevice(Device? device)
    {
        device ??= CPU;
        InitializeDeviceType(device.type);
        return device;
    }

    public static ScalarType get_default_dtype() => (ScalarType)Native.torch_get_default_dtype();

    public static void set_default_dtype(ScalarType dtype) => Native.Check(Native.torch_set_default_dtype((int)dtype));

    public static bool is_floating_point(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16;

    public static bool is_integral(ScalarType type) =>
        type is ScalarType.Byte or ScalarType.Int8 or ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64 or ScalarType.Bool;

    public static bool is_floating_point(Tensor input) => input.is_floating_point();

    public static bool is_integral(Tensor t) => t.is_integral();

    public static DisposeScope NewDisposeScope() => DisposeScopeManager.NewScope();

    /// <summary>The expression's result outlives the scope that releases its intermediate tensors.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    public static IDisposable no_grad() => new GradientMode(false);
    public static IDisposable enable_grad(bool enabled = true) => new GradientMode(enabled);
    public static IDisposable set_grad_enabled(bool mode = true) => new GradientMode(mode);
    public static bool is_grad_enabled() => Native.torch_grad_enabled() != 0;

    /// <summary>Seeds the default generators of all devices.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    public static int get_num_threads() => Native.torch_get_num_threads();
    public static void set_num_threads(int num) => Native.Check(Native.torch_set_num_threads(num));
    public static int get_num_interop_threads() => Native.torch_get_num_interop_threads();
    public static void set_num_interop_threads(int num) => Native.Check(Native.torch_set_num_interop_threads(num));

    public static bool cuda_is_available() => cuda.is_available();

    public static class random
    {
        public static Generator manual_seed(long seed)
        {
            Native.Check(Native.torch_manual_seed(unchecked((ulong)seed)));
            return Generator.Default;
        }
    }

    public static partial class cuda
    {
        public static bool is_available() => Native.Missing() is null && device_count() > 0;
        public static bool is_cudnn_available() => Native.torch_cudnn_is_available() != 0;
        public static int device_count() => Native.torch_cuda_device_count();
    }

    public static partial class nn
    {
        public enum Reduction : long { None, Mean, Sum }

        public static partial class functional { }
    }

    private sealed class GradientMode : IDisposable
    {
        private readonly int _previous = Native.torch_grad_enabled();

        internal GradientMode(bool enabled) => Native.torch_set_grad_enabled(enabled ? 1 : 0);

        public void Dispose() => Native.torch_set_grad_enabled(_previous);
    }
}
