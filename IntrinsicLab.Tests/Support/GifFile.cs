using System.Text;

namespace IntrinsicLab.Tests.Support;

/// <summary>Reads the frames of a GIF as colour indices (GIF89a specification, appendix F), and fails where it is none.</summary>
internal sealed class GifFile
{
    private readonly byte[] bytes;
    private int at;

    public GifFile(byte[] bytes)
    {
        this.bytes = bytes;
        Assert.Equal("GIF89a", Encoding.ASCII.GetString(Take(6)));
        (Width, Height) = (Short(), Short());
        var flags = Byte();
        Take(2);
        SkipColours(flags);
        while (true)
        {
            var mark = Byte();
            if (mark == 0x3B)
                break;
            if (mark == 0x21)
            {
                Byte();
                Blocks();
                continue;
            }
            Assert.Equal(0x2C, mark);
            Take(4);
            var size = Short() * Short();
            SkipColours(Byte());
            Frames.Add(Decode(Byte(), Blocks(), size));
        }
        Assert.Equal(bytes.Length, at);
    }

    public int Width { get; }

    public int Height { get; }

    public List<byte[]> Frames { get; } = [];

    private static byte[] Decode(int codeSize, byte[] data, int size)
    {
        var (clear, end) = (1 << codeSize, (1 << codeSize) + 1);
        var words = new List<byte[]>();
        var pixels = new List<byte>(size);
        var (width, bit) = (codeSize + 1, 0);
        byte[]? previous = null;
        while (true)
        {
            var code = 0;
            for (var index = 0; index < width; index++, bit++)
                code |= (data[bit / 8] >> (bit % 8) & 1) << index;
            if (code == end)
                break;
            if (code == clear)
            {
                words = [.. Enumerable.Range(0, clear).Select(value => new[] { (byte)value }), [], []];
                (width, previous) = (codeSize + 1, null);
                continue;
            }
            Assert.InRange(code, 0, words.Count);
            byte[] word = code < words.Count ? words[code] : [.. previous!, previous![0]];
            pixels.AddRange(word);
            if (previous is not null && words.Count < 4096)
                words.Add([.. previous, word[0]]);
            if (words.Count == 1 << width && width < 12)
                width++;
            previous = word;
        }
        Assert.Equal(size, pixels.Count);
        return [.. pixels];
    }

    private byte[] Blocks()
    {
        var all = new List<byte>();
        while (Byte() is var length and > 0)
            all.AddRange(Take(length));
        return [.. all];
    }

    private void SkipColours(int flags)
    {
        if ((flags & 0x80) != 0)
            Take(3 << ((flags & 7) + 1));
    }

    private int Byte() => bytes[at++];

    private int Short() => Byte() | Byte() << 8;

    private byte[] Take(int count) => bytes[at..(at += count)];
}
