using System.Runtime.InteropServices;
using IntrinsicLab.Torch.Generator;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

/// <summary>What only our own binding can be asked; left out when the tests run against TorchSharp.</summary>
public sealed class OperatorListTests
{
    [Fact]
    public void GeneratedFiles_AreUpToDate()
    {
        var folder = ProjectFolder();

        foreach (var (name, text) in OperatorGenerator.Generate(File.ReadAllText(Path.Combine(folder, "operators.txt"))))
            Assert.Equal(text, File.ReadAllText(Path.Combine(folder, "Generated", name)));
    }

    [Fact]
    public void EveryOperator_ExistsInThisLibtorch()
    {
        var missing = new List<string>();
        foreach (var op in Operators.All)
        {
            try
            {
                Assert.NotEqual(0, op.Handle);
            }
            catch (ExternalException)
            {
                missing.Add(op.Name);
            }
        }
        Assert.Empty(missing);
    }

    [Fact]
    public void Gradient_OfWhatIsNotInTheGraph_ThrowsOrIsInvalid()
    {
        using var scope = NewDisposeScope();
        var x = ones(1).requires_grad_();
        var unused = ones(1).requires_grad_();

        var error = Assert.Throws<ExternalException>(() => autograd.grad([x * 2], [unused]));
        Assert.Contains("allow_unused", error.Message);
        Assert.True(autograd.grad([x * 2], [x, unused], allow_unused: true)[1].IsInvalid);
    }

    [Fact]
    public void Version_NamesTheLibtorch() => Assert.Matches(@"^\d+\.\d+\.\d+", torch.__version__);

    private static string ProjectFolder()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var folder = Path.Combine(directory.FullName, "IntrinsicLab.Torch");
            if (File.Exists(Path.Combine(folder, "operators.txt")))
                return folder;
        }
        throw new DirectoryNotFoundException("IntrinsicLab.Torch is in none of the folders above the tests");
    }
}
