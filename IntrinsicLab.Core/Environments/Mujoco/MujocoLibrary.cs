using System.Runtime.InteropServices;

namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>The functions of native/mujoco_shim.c, and whether they can be called on this machine.</summary>
internal static unsafe partial class MujocoLibrary
{
    private const string Shim = "intrinsiclab_mujoco";
    private const string Missing = "MuJoCo is not installed: apt-get install libmujoco-dev, then build again.";

    private static readonly Lazy<string?> Reason = new(FindReason);

    /// <summary>Says in one line what is missing and how to install it; null where MuJoCo can run.</summary>
    internal static string? WhyUnavailable() => Reason.Value;

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_version")]
    internal static partial int Version();

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_load")]
    internal static partial nint Load(byte* xml, int length, byte* error, int errorSize);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_make_data")]
    internal static partial nint MakeData(nint model);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_free_data")]
    internal static partial void FreeData(nint data);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_reset")]
    internal static partial void Reset(nint model, nint data);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_forward")]
    internal static partial void Forward(nint model, nint data);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_step")]
    internal static partial int Step(nint model, nint data, double* control, int frames, int externalForces);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_loop")]
    internal static partial void Loop(nint model, nint data, double* controls, int steps, int frames, int externalForces);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_state_size")]
    internal static partial int StateSize(nint model);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_save")]
    internal static partial void Save(nint model, nint data, double* state);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_restore")]
    internal static partial void Restore(nint model, nint data, double* state);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_find", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Find(nint model, string kind, string name);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_numbers", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial double* Numbers(nint model, nint data, string name, out int count);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_integers", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int* Integers(nint model, string name, out int count);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_bytes", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte* Bytes(nint model, string name, out int count);

    [LibraryImport(Shim, EntryPoint = "lab_mujoco_number", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial double Number(nint model, nint data, string name);

    private static string? FindReason()
    {
        // Loading fails both where the shim was never built and where the engine was removed after the build.
        if (!NativeLibrary.TryLoad(Shim, typeof(MujocoLibrary).Assembly, null, out _))
            return Missing;
        return Version() == 0 ? "MuJoCo changed after the build: delete IntrinsicLab.Core/obj and build again." : null;
    }
}
