using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
[module: SkipLocalsInit]

namespace TorchSharp;

/// <summary>The functions of native/torch_shim.cpp. Arguments are blittable, so a call is a plain jump.</summary>
internal static unsafe partial class Native
{
    private const string Library = "torch_shim";

#pragma warning disable CA2255 // The resolver must stand before the first call, and a static constructor would cost every call a check.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void UseOwnResolver() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);

    /// <summary>Why libtorch cannot be used here, or null.</summary>
    internal static string? Missing()
    {
        try
        {
            torch_version();
            return null;
        }
        catch (NotSupportedException exception)
        {
            return exception.Message;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Library)
            return 0;
        var path = Path.Combine(AppContext.BaseDirectory, "libtorch_shim.so");
        if (!File.Exists(path) && Path.GetDirectoryName(assembly.Location) is { Length: > 0 } folder)
            path = Path.Combine(folder, "libtorch_shim.so");
        if (!File.Exists(path))
        {
            throw new NotSupportedException("libtorch was not found when IntrinsicLab.Torch was built: " +
                "run 'apt-get install libtorch-dev' or set LIBTORCH to a libtorch or Python torch folder, then build again");
        }
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException exception)
        {
            var reason = exception.Message.Split('\n').FirstOrDefault(line => line.Contains(".so") && line.Contains(':'))
                ?? exception.Message;
            throw new NotSupportedException($"the libtorch that IntrinsicLab.Torch was built with cannot be loaded ({reason.Trim()}): " +
                "install it again, or set LIBTORCH to another and build again");
        }
    }

    internal static ExternalException Error() => new(Marshal.PtrToStringUTF8(torch_last_error()));

    internal static void Check(int result)
    {
        if (result < 0)
            throw Error();
    }

    [DllImport(Library)] internal static extern nint torch_last_error();
    [DllImport(Library)] internal static extern nint torch_version();
    [DllImport(Library)] internal static extern nint torch_operator(byte* name, byte* overload);
    [DllImport(Library)] internal static extern nint torch_call(nint op, Value* arguments, int count);
    [DllImport(Library)] internal static extern int torch_call_in_place(nint op, Value* arguments, int count);
    [DllImport(Library)] internal static extern int torch_call_many(nint op, Value* arguments, int count, Value* results, int capacity);
    [DllImport(Library)] internal static extern void torch_free(nint memory);
    [DllImport(Library)] internal static extern void torch_dispose(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern nint torch_share(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern long torch_dim(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern long torch_numel(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern long torch_storage_offset(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern int torch_dtype(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern long torch_element_size(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern int torch_is_contiguous(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern int torch_device_type(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern int torch_device_index(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern void torch_sizes(nint handle, long* sizes);
    [DllImport(Library), SuppressGCTransition] internal static extern void torch_strides(nint handle, long* strides);
    [DllImport(Library)] internal static extern nint torch_data(nint handle);
    [DllImport(Library)] internal static extern int torch_requires_grad(nint handle);
    [DllImport(Library)] internal static extern int torch_set_requires_grad(nint handle, int value);
    [DllImport(Library)] internal static extern int torch_is_leaf(nint handle);
    [DllImport(Library), SuppressGCTransition] internal static extern int torch_grad_enabled();
    [DllImport(Library), SuppressGCTransition] internal static extern void torch_set_grad_enabled(int enabled);
    [DllImport(Library)]
    internal static extern int torch_grad(nint* outputs, long outputCount, nint* inputs, long inputCount, nint* gradOutputs,
        long gradOutputCount, int retainGraph, int createGraph, int allowUnused, nint* gradients);
    [DllImport(Library)]
    internal static extern int torch_backward(nint* tensors, long tensorCount, nint* gradTensors, long gradTensorCount,
        int retainGraph, int createGraph, nint* inputs, long inputCount);
    [DllImport(Library)] internal static extern nint torch_default_generator(int deviceType, int deviceIndex);
    [DllImport(Library)] internal static extern nint torch_generator(int deviceType, int deviceIndex, ulong seed);
    [DllImport(Library)] internal static extern void torch_generator_dispose(nint handle);
    [DllImport(Library)] internal static extern int torch_generator_set_seed(nint handle, ulong seed);
    [DllImport(Library)] internal static extern ulong torch_generator_seed(nint handle);
    [DllImport(Library)] internal static extern nint torch_generator_get_state(nint handle);
    [DllImport(Library)] internal static extern int torch_generator_set_state(nint handle, nint state);
    [DllImport(Library)] internal static extern int torch_manual_seed(ulong seed);
    [DllImport(Library)] internal static extern int torch_get_num_threads();
    [DllImport(Library)] internal static extern int torch_get_num_interop_threads();
    [DllImport(Library)] internal static extern int torch_set_num_threads(int count);
    [DllImport(Library)] internal static extern int torch_set_num_interop_threads(int count);
    [DllImport(Library)] internal static extern int torch_get_default_dtype();
    [DllImport(Library)] internal static extern int torch_set_default_dtype(int type);
    [DllImport(Library)] internal static extern int torch_cuda_device_count();
    [DllImport(Library)] internal static extern int torch_cudnn_is_available();
}
