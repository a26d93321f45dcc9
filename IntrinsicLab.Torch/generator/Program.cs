using IntrinsicLab.Torch.Generator;

// dotnet run --project IntrinsicLab.Torch/generator: rewrites IntrinsicLab.Torch/Generated from operators.txt.
var folder = args.Length > 0 ? args[0] : FindProject();
foreach (var (name, text) in OperatorGenerator.Generate(File.ReadAllText(Path.Combine(folder, "operators.txt"))))
{
    Directory.CreateDirectory(Path.Combine(folder, "Generated"));
    File.WriteAllText(Path.Combine(folder, "Generated", name), text);
    Console.WriteLine($"Generated/{name}: {text.Split('\n').Length} lines");
}

static string FindProject()
{
    for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
    {
        if (File.Exists(Path.Combine(directory.FullName, "operators.txt")))
            return directory.FullName;
    }
    throw new FileNotFoundException("operators.txt is in none of the folders above the generator");
}
