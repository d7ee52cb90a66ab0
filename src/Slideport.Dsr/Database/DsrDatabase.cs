using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Protocol.Slides;

namespace Slideport.Dsr.Database;

/// <summary>The catalogue's database: plain tables, keys and indexes, the same on SQLite, PostgreSQL and SQL Server.</summary>
/// <remarks>What is in it comes from the image file systems and from SAM, but for collections and holds: it can be made anew.</remarks>
internal abstract class DsrDatabase(DbContextOptions options) : DbContext(options)
{
    public DbSet<CatalogueSlide> Slides => Set<CatalogueSlide>();

    public DbSet<ArrivingSlide> Arrivals => Set<ArrivingSlide>();

    public DbSet<ToldImage> Images => Set<ToldImage>();

    public DbSet<Collection> Collections => Set<Collection>();

    public DbSet<CollectedSlide> CollectedSlides => Set<CollectedSlide>();

    public DbSet<UntoldOpening> Openings => Set<UntoldOpening>();

    public DbSet<Mark> Marks => Set<Mark>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<InstantConverter>();
        configurationBuilder.Properties<SlideFileState>().HaveConversion<string>();
        configurationBuilder.Properties<RemovalStep>().HaveConversion<string>();
        configurationBuilder.Properties<string>().HaveMaxLength(400);
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<CatalogueSlide>(BuildSlide);
        modelBuilder.Entity<ArrivingSlide>(arrival =>
        {
            arrival.HasKey(a => new { a.Converter, a.Name });
            arrival.Property(a => a.Name).HasMaxLength(64);
            arrival.Property(a => a.Converter).HasMaxLength(64);
            arrival.Property(a => a.Reason).HasMaxLength(1000);
        });
        modelBuilder.Entity<ToldImage>(image =>
        {
            image.HasKey(i => i.Subject);
            image.Property(i => i.Subject).HasMaxLength(200);
            image.Property(i => i.SeriesInstanceUid).HasMaxLength(128);
            image.Property(i => i.SlideId).HasMaxLength(32);
            image.Property(i => i.Metadata).HasMaxLength(-1);
            image.HasIndex(i => i.SeriesInstanceUid);
            image.HasIndex(i => new { i.SlideId, i.ReceivedAt });
        });
        modelBuilder.Entity<Collection>(collection => collection.HasIndex(c => c.Name).IsUnique());
        modelBuilder.Entity<CollectedSlide>(collected =>
        {
            collected.HasKey(c => new { c.CollectionId, c.SlideId });
            collected.Property(c => c.SlideId).HasMaxLength(32);
            collected.HasIndex(c => c.SlideId);
            collected.HasOne<Collection>().WithMany().HasForeignKey(c => c.CollectionId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<UntoldOpening>(opening =>
        {
            opening.HasKey(o => o.Number);
            opening.Property(o => o.Detail).HasMaxLength(SlideOpening.MaxDetail);
        });
        modelBuilder.Entity<Mark>(mark => mark.HasKey(m => m.Name));
    }

    // Every question a person asks is answered from one index, in its order: newest first, or by the beginning of a key.
    private static void BuildSlide(Microsoft.EntityFrameworkCore.Metadata.Builders.EntityTypeBuilder<CatalogueSlide> slide)
    {
        slide.HasKey(s => s.Id);
        slide.Property(s => s.Id).HasMaxLength(32);
        slide.Property(s => s.State).HasMaxLength(20);
        slide.Property(s => s.Removal).HasMaxLength(20);
        slide.Property(s => s.Name).HasMaxLength(1024);
        slide.Property(s => s.Problem).HasMaxLength(1000);
        slide.Property(s => s.Changes).IsConcurrencyToken();
        slide.Property(s => s.Sha256).HasMaxLength(64);
        slide.Property(s => s.Format).HasMaxLength(20);
        slide.Property(s => s.SeriesInstanceUid).HasMaxLength(128);
        slide.Property(s => s.StudyInstanceUid).HasMaxLength(128);
        foreach (var key in new[] { nameof(CatalogueSlide.BarcodeKey), nameof(CatalogueSlide.AccessionKey), nameof(CatalogueSlide.PatientKey), nameof(CatalogueSlide.StainKey) })
            slide.Property(key).HasMaxLength(200);
        slide.Property(s => s.ScannerSerialNumber).HasMaxLength(64);
        slide.HasIndex(s => new { s.ScanTime, s.Id });
        slide.HasIndex(s => new { s.BarcodeKey, s.Id });
        slide.HasIndex(s => new { s.AccessionKey, s.Id });
        slide.HasIndex(s => new { s.PatientKey, s.Id });
        slide.HasIndex(s => new { s.StainKey, s.ScanTime, s.Id });
        slide.HasIndex(s => new { s.StainKey, s.ScannerSerialNumber, s.ScanTime, s.Id });
        slide.HasIndex(s => new { s.ScannerSerialNumber, s.ScanTime, s.Id });
        slide.HasIndex(s => new { s.State, s.ScanTime, s.Id, s.ScannerSerialNumber }); // whose scanner is another's is passed over without being read
        slide.HasIndex(s => new { s.State, s.IsDelivered }); // what counts all slides reads this one, the smallest
        slide.HasIndex(s => new { s.IsDelivered, s.ScanTime, s.Id });
        slide.HasIndex(s => s.SeriesInstanceUid);
        slide.HasIndex(s => s.StudyInstanceUid);
        slide.HasIndex(s => s.ScrubTriedAt);
        slide.HasIndex(s => new { s.Place, s.Id });
        slide.HasIndex(s => new { s.Place, s.LastWrite, s.State, s.Bytes }); // how much lies at a place, and what came lately, from the index alone
    }
}

/// <summary>The catalogue in one SQLite file.</summary>
internal sealed class SqliteDsrDatabase(DbContextOptions<SqliteDsrDatabase> options) : DsrDatabase(options);

/// <summary>The catalogue on PostgreSQL.</summary>
internal sealed class PostgreSqlDsrDatabase(DbContextOptions<PostgreSqlDsrDatabase> options) : DsrDatabase(options)
{
    // Keys are compared byte by byte: the beginning of one is a range of the index, whatever language the server was set up in.
    private const string Binary = "C";

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<string>().UseCollation(Binary);
        configurationBuilder.Properties<SlideFileState>().UseCollation(Binary);
        configurationBuilder.Properties<RemovalStep>().UseCollation(Binary);
    }
}

/// <summary>The catalogue on SQL Server.</summary>
internal sealed class SqlServerDsrDatabase(DbContextOptions<SqlServerDsrDatabase> options) : DsrDatabase(options)
{
    private const string Binary = "Latin1_General_100_BIN2";

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<string>().UseCollation(Binary);
        configurationBuilder.Properties<SlideFileState>().UseCollation(Binary);
        configurationBuilder.Properties<RemovalStep>().UseCollation(Binary);
    }
}

/// <summary>Opens the catalogue's database for one piece of work at a time.</summary>
internal sealed class DsrDatabases(DatabaseOptions options) : Databases<DsrDatabase>(
    options, Sqlite<SqliteDsrDatabase>(o => new(o)), PostgreSql<PostgreSqlDsrDatabase>(o => new(o)), SqlServer<SqlServerDsrDatabase>(o => new(o)));
