using System.Globalization;
using Slideport.Sam.Audit;
using Slideport.Sam.Audit.Repository;

namespace Slideport.Sam.Tests.Audit;

/// <summary>The word of what the audit repository has, as it lies in the database: nobody who has only that can make one.</summary>
public sealed class RepositoryMarkTests : IDisposable
{
    private static readonly string Hash = new('a', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-mark-").FullName;

    [Fact]
    public void What_a_SAM_of_the_installation_signed_counts()
    {
        using var key = HeadKey.OpenOrCreate(_folder);
        using var others = HeadKey.TryOpen(_folder)!;

        Assert.Equal(new RepositoryMark(42, Hash), RepositoryMark.TryParse(new RepositoryMark(42, Hash).Signed(key), others));
    }

    [Fact]
    public void Another_number_another_key_a_signed_head_and_nonsense_count_for_nothing()
    {
        using var key = HeadKey.OpenOrCreate(_folder);
        using var foreign = HeadKey.OpenOrCreate(Path.Join(_folder, "foreign"));
        var (signed, head) = (new RepositoryMark(42, Hash).Signed(key), SignedHead.Make(key, 43, Hash, DateTimeOffset.UnixEpoch));

        Assert.Null(RepositoryMark.TryParse(signed.Replace("42", "43", StringComparison.Ordinal), key));
        Assert.Null(RepositoryMark.TryParse(new RepositoryMark(42, Hash).Signed(foreign), key));
        Assert.Null(RepositoryMark.TryParse(string.Create(CultureInfo.InvariantCulture, $"43 {Hash} {Convert.ToBase64String(head.Signature)}"), key));
        Assert.Null(RepositoryMark.TryParse(head.ToLine(), key));
        Assert.Null(RepositoryMark.TryParse("", key));
        Assert.Null(RepositoryMark.TryParse($"43 {Hash} ==", key));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
