using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace IntrinsicLab.Data;

/// <summary>
/// Brings EF Core's SQLite provider together with the SQLite of the machine; runs before any other code of this assembly.
/// <list type="number">
/// <item>EF Core asks for a newer managed binding (SQLitePCLRaw) than some package feeds carry, and the runtime refuses a lower version.
/// The calls used are the same in both, so the name is loaded again without its version. Where a feed has the newer package, the
/// runtime finds it by itself and this handler is never asked.</item>
/// <item>The native library inside the older package (SQLite 3.35) lacks the JSON operators that EF Core's queries over lists use, so the
/// system's library, which also gets security updates, is loaded in its place. Where the system has none, the package's stays.</item>
/// </list>
/// </summary>
internal static class SqliteRuntime
{
    private static readonly string[] SystemLibraries = ["libsqlite3.so.0", "libsqlite3.so", "libsqlite3.dylib"];

#pragma warning disable CA2255 // a library's module initialiser: nothing else runs before the first SQLite type is loaded
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Start()
    {
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            name.Version is not null && name.Name is { } simple && simple.StartsWith("SQLitePCLRaw", StringComparison.Ordinal)
                ? context.LoadFromAssemblyName(new AssemblyName(simple))
                : null;
        Initialise();
    }

    // A method of its own: the types it names are bound only after the handler above is in place.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Initialise()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, (name, _, _) =>
        {
            if (name == "e_sqlite3" && !OperatingSystem.IsWindows())
                foreach (var library in SystemLibraries)
                    if (NativeLibrary.TryLoad(library, out var handle))
                        return handle;
            return 0;
        });
        SQLitePCL.Batteries_V2.Init();
    }
}
