"""The small style sheet that quietens Fusion; everything else comes from the palette."""

import resources
from widgets.theme.colours import LIGHT, Colours

TEMPLATE = """
QToolTip {{ color: {text}; background: {raised}; border: 1px solid {border}; padding: 4px 8px; }}

QLabel[ink="quiet"], QLabel[ink="neutral"] {{ color: {quiet}; }}
QLabel[ink="good"] {{ color: {good}; }}
QLabel[ink="warning"] {{ color: {warning}; }}
QLabel[ink="bad"] {{ color: {bad}; }}

QPushButton {{ background: {base}; border: 1px solid {border}; border-radius: 4px;
    padding: 5px 14px; min-height: 18px; }}
QPushButton:hover {{ background: {raised}; }}
QPushButton:pressed {{ background: {line}; }}
QPushButton:focus {{ border: 1px solid {accent}; }}
QPushButton:disabled {{ color: {disabled}; background: {window}; border-color: {line}; }}
QPushButton:default {{ background: {accent}; color: {accent_text}; border-color: {accent}; }}
QPushButton:default:disabled {{ background: {line}; color: {disabled}; border-color: {line}; }}
QPushButton[flat="true"] {{ background: transparent; border-color: transparent; color: {accent}; }}
QPushButton[flat="true"]:focus {{ border-color: {accent}; }}
QPushButton[flat="true"]:disabled {{ color: {disabled}; }}

QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 4px; background: transparent; }}
QToolButton:hover {{ background: {raised}; }}
QToolButton:checked {{ background: {selection}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton:disabled {{ color: {disabled}; }}
QToolButton::menu-indicator {{ image: none; width: 0px; }}

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QDateTimeEdit, QComboBox {{
    background: {base}; border: 1px solid {border}; border-radius: 4px; padding: 4px 6px; min-height: 18px;
    selection-background-color: {accent}; selection-color: {accent_text}; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QDateTimeEdit:focus, QComboBox:focus {{ border-color: {accent}; }}
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"] {{ border-color: {bad}; }}
QLineEdit:disabled, QPlainTextEdit:disabled, QSpinBox:disabled, QComboBox:disabled
    {{ color: {disabled}; background: {window}; border-color: {line}; }}
QComboBox::drop-down, QDateTimeEdit::drop-down, QSpinBox::up-button, QSpinBox::down-button,
QDoubleSpinBox::up-button, QDoubleSpinBox::down-button
    {{ border: none; background: transparent; width: 20px; }}
QComboBox::down-arrow, QDateTimeEdit::down-arrow, QSpinBox::down-arrow, QDoubleSpinBox::down-arrow
    {{ image: url("{icons}/chevron-down.svg"); width: 10px; height: 10px; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow
    {{ image: url("{icons}/chevron-up.svg"); width: 10px; height: 10px; }}
QComboBox QAbstractItemView {{ background: {base}; border: 1px solid {border}; padding: 4px; }}

QSpinBox, QDoubleSpinBox, QDateTimeEdit, QComboBox {{ padding-left: 8px; }}
QSpinBox, QDoubleSpinBox, QDateTimeEdit {{ min-height: 16px; max-height: 18px; }}
QAbstractSpinBox QLineEdit {{ border: none; background: transparent; padding: 0; min-height: 0; }}

QTabWidget::pane {{ border: none; border-top: 1px solid {line}; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {quiet}; border: none; border-bottom: 2px solid transparent;
    padding: 6px 12px; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom-color: {accent}; }}
QTabBar::tab:focus {{ background: {raised}; }}

QCheckBox {{ spacing: 8px; }}
QCheckBox::indicator, QTableView::indicator {{ width: 14px; height: 14px; border: 1px solid {border};
    border-radius: 3px; background: {base}; }}
QCheckBox::indicator:focus, QCheckBox::indicator:hover, QTableView::indicator:hover {{
    border-color: {accent}; }}
QCheckBox::indicator:checked, QTableView::indicator:checked {{ background: {accent};
    border-color: {accent};
    image: url("{icons}/{check}.svg"); }}
QCheckBox::indicator:disabled, QTableView::indicator:disabled {{ background: {line};
    border-color: {line}; }}

QTableView, QListView, QTreeView {{ background: {base}; border: none; outline: none;
    selection-background-color: {selection}; selection-color: {text}; }}
QHeaderView {{ background: {base}; border: none; }}
QHeaderView::section {{ background: {base}; color: {quiet}; border: none; padding: 4px 8px; }}
QHeaderView::section:horizontal {{ border-bottom: 1px solid {line}; }}
QHeaderView::section:hover {{ color: {text}; }}
QTableCornerButton::section {{ background: {base}; border: none; }}

CommandPalette {{ background: {window}; border: 1px solid {border}; border-radius: 4px; }}

QMenu {{ background: {base}; border: 1px solid {border}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 3px; }}
QMenu::item:selected {{ background: {selection}; color: {text}; }}
QMenu::item:disabled {{ color: {disabled}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}

QStatusBar {{ background: {window}; border-top: 1px solid {line}; }}
QStatusBar::item {{ border: none; }}
QSplitter::handle {{ background: transparent; }}

QProgressBar {{ background: {line}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}

QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {border}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {quiet}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


def stylesheet(colours: Colours) -> str:
    """The style sheet in these colours."""
    names = Colours.__slots__
    inks = {name: getattr(colours, name) for name in names}
    check = "check-light" if colours.accent_text == LIGHT.accent_text else "check-dark"
    return TEMPLATE.format(icons=resources.path("icons").as_posix(), check=check, **inks)
