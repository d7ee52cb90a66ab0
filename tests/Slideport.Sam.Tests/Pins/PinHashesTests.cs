using Slideport.Sam.Pins;

namespace Slideport.Sam.Tests.Pins;

public sealed class PinHashesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-pins-").FullName;
    private readonly Guid _scanner = Guid.CreateVersion7();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_same_PIN_on_the_same_scanner_has_the_same_hash_after_a_restart_and_on_every_other_scanner_another()
    {
        string hash;
        using (var first = PinHashes.OpenOrCreate(_folder))
            hash = await first.OfAsync(_scanner, "739164", Cancel);
        using var again = PinHashes.OpenOrCreate(_folder);

        Assert.Equal(hash, await again.OfAsync(_scanner, "739164", Cancel));
        Assert.Matches("^[0-9a-f]{64}$", hash);
        Assert.True(again.IsOurs(hash));
        Assert.NotEqual(hash, await again.OfAsync(_scanner, "739165", Cancel));
        Assert.NotEqual(hash, await again.OfAsync(Guid.CreateVersion7(), "739164", Cancel));
    }

    [Fact]
    public async Task Without_the_pepper_a_hash_is_worth_nothing_and_shows_it()
    {
        using var ours = PinHashes.OpenOrCreate(_folder);
        using var other = PinHashes.OpenOrCreate(Directory.CreateDirectory(Path.Join(_folder, "other")).FullName);

        var hash = await other.OfAsync(_scanner, "739164", Cancel);

        Assert.NotEqual(hash, await ours.OfAsync(_scanner, "739164", Cancel));
        Assert.False(ours.IsOurs(hash));
    }

    [Fact]
    public void The_pepper_is_for_its_owners_eyes_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        PinHashes.OpenOrCreate(_folder).Dispose();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Join(_folder, "pins.key")));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Two_that_start_at_once_have_the_same_pepper()
    {
        var ids = new string[8];

        Parallel.For(0, ids.Length, i =>
        {
            using var hashes = PinHashes.OpenOrCreate(_folder);
            ids[i] = hashes.KeyId;
        });

        Assert.Single(ids.Distinct());
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123")]
    [InlineData("not a key, but sixty-four characters of something else, my friend")]
    public void A_damaged_pepper_is_told_and_not_replaced(string text)
    {
        File.WriteAllText(Path.Join(_folder, "pins.key"), text);

        var told = Assert.Throws<IOException>(() => PinHashes.OpenOrCreate(_folder));

        Assert.Contains("is damaged", told.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(Path.Join(_folder, "pins.key")));
    }
}
