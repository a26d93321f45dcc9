using IntrinsicLab.Core.Algorithms;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public sealed class CheckpointTests
{
    [Fact]
    public void WriterAndReader_EveryKindOfValue_ComesBack()
    {
        using var stream = new MemoryStream();
        using var tensor = torch.tensor([1f, 2f, 3f]);
        using (var writer = new CheckpointWriter(stream))
        {
            writer.Write(true);
            writer.Write(7);
            writer.Write(1L << 40);
            writer.Write(0.1);
            writer.Write("text");
            writer.WriteTensor(tensor);
            writer.Write<byte>([1, 2, 3]);
            writer.Write<double>([0.5]);
        }
        stream.Position = 0;
        using var reader = new CheckpointReader(stream);
        using var read = torch.zeros(3);
        var (bytes, doubles) = (new byte[3], new double[1]);

        Assert.True(reader.ReadBoolean());
        Assert.Equal(7, reader.ReadInt32());
        Assert.Equal(1L << 40, reader.ReadInt64());
        Assert.Equal(0.1, reader.ReadDouble());
        Assert.Equal("text", reader.ReadString());
        reader.ReadInto(read);
        reader.ReadInto<byte>(bytes);
        reader.ReadInto<double>(doubles);
        Assert.Equal([1f, 2f, 3f], read.data<float>().ToArray());
        Assert.Equal([1, 2, 3], bytes);
        Assert.Equal([0.5], doubles);
        Assert.Equal(stream.Length, stream.Position);
    }
}
