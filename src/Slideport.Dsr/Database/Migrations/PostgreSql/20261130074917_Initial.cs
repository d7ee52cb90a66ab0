using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Slideport.Dsr.Database.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Arrivals",
                columns: table => new
                {
                    Converter = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    Name = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    SeriesInstanceUid = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    SerialNumber = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    Stage = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    Reason = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    Instances = table.Column<int>(type: "integer", nullable: false),
                    ReceivedAt = table.Column<long>(type: "bigint", nullable: false),
                    Since = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Arrivals", x => new { x.Converter, x.Name });
                });

            migrationBuilder.CreateTable(
                name: "Collections",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    Owner = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Collections", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Images",
                columns: table => new
                {
                    Subject = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    IdempotencyKey = table.Column<Guid>(type: "uuid", nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    Barcode = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    ScanTime = table.Column<long>(type: "bigint", nullable: false),
                    ReceivedAt = table.Column<long>(type: "bigint", nullable: false),
                    Metadata = table.Column<string>(type: "text", maxLength: -1, nullable: false, collation: "C"),
                    SlideId = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Images", x => x.Subject);
                });

            migrationBuilder.CreateTable(
                name: "Marks",
                columns: table => new
                {
                    Name = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    Value = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Marks", x => x.Name);
                });

            migrationBuilder.CreateTable(
                name: "Openings",
                columns: table => new
                {
                    Number = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    OpeningId = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    SeriesInstanceUid = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    OpenedBy = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    Source = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    OpenedAt = table.Column<long>(type: "bigint", nullable: false),
                    Purpose = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    Detail = table.Column<string>(type: "character varying(600)", maxLength: 600, nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Openings", x => x.Number);
                });

            migrationBuilder.CreateTable(
                name: "Slides",
                columns: table => new
                {
                    Id = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false, collation: "C"),
                    Place = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false, collation: "C"),
                    Name = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: false, collation: "C"),
                    State = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, collation: "C"),
                    Problem = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true, collation: "C"),
                    IsDelivered = table.Column<bool>(type: "boolean", nullable: false),
                    Bytes = table.Column<long>(type: "bigint", nullable: false),
                    LastWrite = table.Column<long>(type: "bigint", nullable: false),
                    Sha256 = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true, collation: "C"),
                    ScrubbedAt = table.Column<long>(type: "bigint", nullable: false),
                    ScrubTriedAt = table.Column<long>(type: "bigint", nullable: false),
                    Changes = table.Column<int>(type: "integer", nullable: false),
                    CataloguedAt = table.Column<long>(type: "bigint", nullable: false),
                    Format = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true, collation: "C"),
                    Barcode = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    Accession = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    PatientId = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    Stain = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    ScannerSerialNumber = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true, collation: "C"),
                    ScannerModel = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    ScanTime = table.Column<long>(type: "bigint", nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: true, collation: "C"),
                    StudyInstanceUid = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: true, collation: "C"),
                    ImageId = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    Width = table.Column<int>(type: "integer", nullable: false),
                    Height = table.Column<int>(type: "integer", nullable: false),
                    MicronsPerPixel = table.Column<double>(type: "double precision", nullable: true),
                    ObjectivePower = table.Column<double>(type: "double precision", nullable: true),
                    HasThumbnail = table.Column<bool>(type: "boolean", nullable: false),
                    HasLabel = table.Column<bool>(type: "boolean", nullable: false),
                    HasMacro = table.Column<bool>(type: "boolean", nullable: false),
                    HoldReason = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    HeldBy = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    HeldAt = table.Column<long>(type: "bigint", nullable: true),
                    Removal = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true, collation: "C"),
                    RemovalReason = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    RemovedBy = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    RemovedAt = table.Column<long>(type: "bigint", nullable: true),
                    BarcodeKey = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    AccessionKey = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    PatientKey = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    StainKey = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Slides", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "CollectedSlides",
                columns: table => new
                {
                    CollectionId = table.Column<Guid>(type: "uuid", nullable: false),
                    SlideId = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false, collation: "C"),
                    AddedAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CollectedSlides", x => new { x.CollectionId, x.SlideId });
                    table.ForeignKey(
                        name: "FK_CollectedSlides_Collections_CollectionId",
                        column: x => x.CollectionId,
                        principalTable: "Collections",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_CollectedSlides_SlideId",
                table: "CollectedSlides",
                column: "SlideId");

            migrationBuilder.CreateIndex(
                name: "IX_Collections_Name",
                table: "Collections",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Images_SeriesInstanceUid",
                table: "Images",
                column: "SeriesInstanceUid");

            migrationBuilder.CreateIndex(
                name: "IX_Images_SlideId_ReceivedAt",
                table: "Images",
                columns: new[] { "SlideId", "ReceivedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_AccessionKey_Id",
                table: "Slides",
                columns: new[] { "AccessionKey", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_BarcodeKey_Id",
                table: "Slides",
                columns: new[] { "BarcodeKey", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_IsDelivered_ScanTime_Id",
                table: "Slides",
                columns: new[] { "IsDelivered", "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_PatientKey_Id",
                table: "Slides",
                columns: new[] { "PatientKey", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Place_Id",
                table: "Slides",
                columns: new[] { "Place", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Place_LastWrite_State_Bytes",
                table: "Slides",
                columns: new[] { "Place", "LastWrite", "State", "Bytes" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_ScannerSerialNumber_ScanTime_Id",
                table: "Slides",
                columns: new[] { "ScannerSerialNumber", "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_ScanTime_Id",
                table: "Slides",
                columns: new[] { "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_ScrubTriedAt",
                table: "Slides",
                column: "ScrubTriedAt");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_SeriesInstanceUid",
                table: "Slides",
                column: "SeriesInstanceUid");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_StainKey_ScannerSerialNumber_ScanTime_Id",
                table: "Slides",
                columns: new[] { "StainKey", "ScannerSerialNumber", "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_StainKey_ScanTime_Id",
                table: "Slides",
                columns: new[] { "StainKey", "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_State_IsDelivered",
                table: "Slides",
                columns: new[] { "State", "IsDelivered" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_State_ScanTime_Id_ScannerSerialNumber",
                table: "Slides",
                columns: new[] { "State", "ScanTime", "Id", "ScannerSerialNumber" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_StudyInstanceUid",
                table: "Slides",
                column: "StudyInstanceUid");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Arrivals");

            migrationBuilder.DropTable(
                name: "CollectedSlides");

            migrationBuilder.DropTable(
                name: "Images");

            migrationBuilder.DropTable(
                name: "Marks");

            migrationBuilder.DropTable(
                name: "Openings");

            migrationBuilder.DropTable(
                name: "Slides");

            migrationBuilder.DropTable(
                name: "Collections");
        }
    }
}
